import {
  defineJob,
  files,
  toLog,
  type Duration,
  type JobBuilder,
  type JobDefinition,
  type JobSettings,
} from '@tidemark/streams';
import type { GraphInput, GraphRuntime, InputChunk, SnapshotBlocks, StateBlock } from '../../ports.js';
import { createInProcessGraph } from '../in-process-graph.js';

/** One batch's input: its time, and the records of the source `in`. */
export interface TestBatch {
  readonly timeMs: number;
  readonly records: readonly unknown[];
}

export type Build = (job: JobBuilder) => void;

type Options = Partial<JobSettings & { readonly batchInterval: Duration }>;

export const aJob = (build: Build, options: Options = {}): JobDefinition =>
  defineJob({ name: 'test', batchInterval: 1_000, ...options }, build);

/** The source `in` and the sink `out` that the tests use. */
export const input = <T>(job: JobBuilder) => job.source('in', files<T>({ path: 'in' }));
export const toOut = toLog();

export function aChunk(text: string, more: Partial<InputChunk> = {}): InputChunk {
  const bytes = new TextEncoder().encode(text);
  return { partition: 'part', range: { from: 0, to: bytes.length }, offsetUnit: 'bytes', bytes, ...more };
}

export function aBatch(batchId: number, { timeMs, records }: TestBatch): GraphInput {
  return textBatch(batchId, timeMs, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

export function textBatch(batchId: number, batchTimeMs: number, text: string): GraphInput {
  return { timeline: 1, batchId, batchTimeMs, sources: [{ uid: 'in', chunks: [aChunk(text)] }] };
}

/** What the sink `uid` got in a batch. */
export async function rowsOf(graph: GraphRuntime, batch: GraphInput, uid = 'out'): Promise<readonly unknown[]> {
  const { sinks } = await graph.run(batch);
  return rowsIn(sinks.get(uid)?.bytes);
}

function rowsIn(bytes: Uint8Array | undefined): readonly unknown[] {
  const text = new TextDecoder().decode(bytes);
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line));
}

/** Where a test stops a job and goes on with it elsewhere. */
export interface Restore {
  /** The batch before which the job goes on elsewhere. */
  readonly restoreBefore?: number;
  /** Batches before that one before which snapshots are taken: the first is whole, the others are deltas, and so is the last. */
  readonly snapshotsBefore?: readonly number[];
  /** The sinks whose rows are given; `out` unless said otherwise. */
  readonly sinks?: readonly string[];
}

/** What the sinks got, batch by batch: the rows of one after the other. */
export async function runJob(
  definition: () => JobDefinition,
  batches: readonly TestBatch[],
  { restoreBefore, snapshotsBefore = [], sinks: uids = ['out'] }: Restore = {},
): Promise<readonly (readonly unknown[])[]> {
  let graph = createInProcessGraph(definition());
  const outputs: (readonly unknown[])[] = [];
  const stored: StateBlock[] = [];
  const store = async (): Promise<void> => {
    stored.push(...(await blocksOf(await graph.snapshot(stored.length === 0 ? 'full' : 'delta'))));
  };
  for (const [index, batch] of batches.entries()) {
    if (restoreBefore !== undefined && index <= restoreBefore && snapshotsBefore.includes(index)) await store();
    if (index === restoreBefore) {
      await store();
      graph = createInProcessGraph(definition());
      for (const { uid, bytes } of stored) await graph.restore(uid, bytes);
    }
    const { sinks } = await graph.run(aBatch(index + 1, batch));
    outputs.push(uids.flatMap((uid) => rowsIn(sinks.get(uid)?.bytes)));
  }
  return outputs;
}

/**
 * {@link runJob}, restored before a batch from a base and the deltas that were taken on the way. Each snapshot is handed out
 * only after the batch that follows it.
 *
 * @param snapshotAfter numbers of batches, from 0.
 */
export async function runOverDeltas(
  definition: () => JobDefinition,
  batches: readonly TestBatch[],
  { restoreBefore, snapshotAfter }: { readonly restoreBefore: number; readonly snapshotAfter: readonly number[] },
): Promise<readonly (readonly unknown[])[]> {
  let graph = createInProcessGraph(definition());
  const blocks: StateBlock[] = [];
  let frozen: SnapshotBlocks | undefined = await graph.snapshot('full');
  const drain = async (): Promise<void> => {
    if (frozen !== undefined) blocks.push(...(await blocksOf(frozen)));
    frozen = undefined;
  };
  const outputs: (readonly unknown[])[] = [];
  for (const [index, batch] of batches.entries()) {
    if (index === restoreBefore) {
      await drain();
      frozen = await graph.snapshot('delta');
      // What is frozen stays as it is, whatever the batch that goes on meanwhile does.
      await graph.run(aBatch(index + 1, batch));
      await drain();
      graph = createInProcessGraph(definition());
      for (const { uid, bytes } of blocks) await graph.restore(uid, bytes);
    }
    outputs.push(await rowsOf(graph, aBatch(index + 1, batch)));
    await drain();
    if (index < restoreBefore && snapshotAfter.includes(index)) frozen = await graph.snapshot('delta');
  }
  return outputs;
}

/** The same job with the same state, as another process would have it: a full snapshot, restored. */
export async function restoredFrom(graph: GraphRuntime, definition: JobDefinition): Promise<GraphRuntime> {
  const next = createInProcessGraph(definition);
  for (const block of await blocksOf(await graph.snapshot('full'))) await next.restore(block.uid, block.bytes);
  return next;
}

export async function blocksOf(snapshot: SnapshotBlocks): Promise<readonly StateBlock[]> {
  const blocks: StateBlock[] = [];
  for (let block = await snapshot.next(); block !== undefined; block = await snapshot.next()) blocks.push(block);
  return blocks;
}

/** {@link runJob}, restored before a batch: from one whole snapshot, or from a base and a delta for each batch. */
export const runRestored = async (
  definition: () => JobDefinition,
  batches: readonly TestBatch[],
  { restoreBefore, deltas }: { readonly restoreBefore: number; readonly deltas: boolean },
): ReturnType<typeof runJob> =>
  deltas
    ? runOverDeltas(definition, batches, { restoreBefore, snapshotAfter: [...batches.keys()] })
    : runJob(definition, batches, { restoreBefore });
