import type { GraphInput, GraphRuntime } from '../../ports.js';
import { fixtureBatches, fixtureJob, type FixtureBatch } from './fixture-jobs.js';
import { aChunk } from './run-job.js';

/** Rows by the uid of the sink that got them. */
export type FixtureOutput = { readonly [sink: string]: readonly unknown[] };

/** The batches of a fixture, each as its graph takes it. */
export const fixtureInputs = (name: string): readonly GraphInput[] =>
  fixtureBatches(sourcesOf(name)).map((batch, index) => inputOf(batch, index + 1));

/** Runs one batch. */
export async function fixtureOutput(graph: GraphRuntime, input: GraphInput): Promise<FixtureOutput> {
  const { sinks } = await graph.run(input);
  const decoder = new TextDecoder();
  return Object.fromEntries([...sinks].map(([uid, { bytes }]) => [uid, rowsIn(decoder.decode(bytes))]));
}

const sourcesOf = (name: string): readonly string[] =>
  fixtureJob(name).nodes.flatMap(({ kind, uid }) => (kind === 'source' && uid !== undefined ? [uid] : []));

const inputOf = ({ timeMs, records }: FixtureBatch, batchId: number): GraphInput => ({
  timeline: 1,
  batchId,
  batchTimeMs: timeMs,
  sources: Object.entries(records).map(([uid, rows]) => ({
    uid,
    chunks: [aChunk(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))],
  })),
});

const rowsIn = (text: string): readonly unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
