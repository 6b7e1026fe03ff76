import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  checkpointPath,
  InMemoryObjectStore,
  readCheckpoint,
  writeCheckpoint,
  type CheckpointChain,
} from '@tidemark/checkpoint';
import { LmdbColdStore } from '@tidemark/cold-state';
import { createInProcessGraph, type ColdStore, type GraphRuntime } from '@tidemark/engine';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { aClaimedRun, aShape, aSnapshot } from '../testing/a-run.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-large-state-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Counts records by their `k`. */
const definition = (options: object) =>
  ({
    tidemark: 1,
    name: 'counting',
    batchIntervalMs: 1_000,
    poison: 'fail',
    nodes: [
      { id: 0, kind: 'source', uid: 'in', inputs: [], connector: 'files', options: {}, at: '' },
      { id: 1, kind: 'keyBy', inputs: [0], options: { field: 'k' }, at: '' },
      {
        id: 2,
        kind: 'aggregate',
        uid: 'counts',
        inputs: [1],
        options: { aggregates: [{ name: 'n', kind: 'count' }], ...options },
        functions: {},
        at: '',
      },
      { id: 3, kind: 'sink', uid: 'out', inputs: [2], connector: 'log', options: {}, at: '' },
    ],
  }) as unknown as Parameters<typeof createInProcessGraph>[0];

async function aStore(): Promise<ColdStore> {
  const store = await LmdbColdStore.open({ folder, bytesMax: 2 ** 30 });
  onTestFinished(() => store.close());
  return store;
}

const { fence, revision } = aClaimedRun();
const IDS = { tenantId: fence.tenantId, jobId: fence.jobId };
const { bundleDigest } = revision;

const pathOf = (batchId: number): string =>
  checkpointPath({ ...IDS, timeline: 1, batchId, epoch: 1, unique: `ckp_${batchId}` });

/** What 40 batches of 500 records each give, with checkpoints on the way; the job dies after each 10th, and is restored. */
async function lives(options: object, open: () => Promise<ColdStore>): Promise<readonly string[]> {
  const objects = new InMemoryObjectStore();
  const newGraph = async (): Promise<GraphRuntime> => createInProcessGraph(definition(options), await open());
  let graph = await newGraph();
  let chain: CheckpointChain | undefined;
  const outputs: string[] = [];
  const store = async (batchId: number): Promise<string> => {
    const kind = chain === undefined || batchId % 15 === 0 ? 'full' : 'delta';
    const blocks = await graph.snapshot(kind);
    const path = pathOf(batchId);
    const { written, chain: next } = await writeCheckpoint(objects, {
      ...{ path, engineVersion: '1', ...IDS, revision: 1, bundleDigest },
      ...{
        snapshot: aSnapshot(batchId, { kind, next: () => blocks.next() }),
        shapes: { counts: aShape },
        pendingPlans: [],
      },
      parent: kind === 'full' ? undefined : chain,
    });
    chain = next;
    return written.manifestSha256;
  };
  for (let batchId = 1; batchId <= 40; batchId += 1) {
    const keys = Array.from({ length: 500 }, (_, i) => `{"k":"user-${(batchId * 37 + i * i * 13) % 3_000}"}\n`);
    const bytes = Buffer.from(keys.join(''));
    const range = { from: 0, to: bytes.length };
    const chunks = [{ partition: 'p', range, offsetUnit: 'bytes' as const, bytes }];
    const batch = { timeline: 1, batchId, batchTimeMs: batchId * 1_000, sources: [{ uid: 'in', chunks }] };
    const { sinks, stateKeys } = await graph.run(batch);
    outputs.push(`${Buffer.from(sinks.get('out')?.bytes ?? []).toString()}${stateKeys.get('counts') ?? ''}`);
    if (batchId % 3 !== 0 && batchId % 10 !== 0) continue;
    const manifestSha256 = await store(batchId);
    if (batchId % 10 !== 0) continue;
    graph = await newGraph();
    const read = await readCheckpoint(objects, pathOf(batchId), manifestSha256);
    for await (const block of read.blocks('counts')) await graph.restore('counts', block);
    chain = read.chain;
  }
  return outputs;
}

it('gives the same with nearly all of its state on disk, over several lives', async () => {
  const inMemory = await lives({}, aStore);
  expect(inMemory.at(-1)).toMatch(/\d{3,}$/);
  expect(await lives({ rowsInMemory: 50 }, aStore)).toEqual(inMemory);
});
