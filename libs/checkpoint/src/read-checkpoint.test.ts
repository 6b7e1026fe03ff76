import type { BundleDigest, JobId, StateRow, TenantId } from '@tidemark/domain';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkpointPath } from './checkpoint-path.js';
import { InMemoryObjectStore } from './in-memory-object-store.js';
import { readCheckpoint } from './read-checkpoint.js';
import { writeCheckpoint } from './write-checkpoint.js';

const tenantId = 'tnt_a' as TenantId;
const jobId = 'job_a' as JobId;
const PATH = checkpointPath({ tenantId, jobId, timeline: 1, batchId: 7, epoch: 2, unique: 'a' });

type Objects = ReadonlyMap<string, Uint8Array>;
let whole: Objects;
let manifestSha256: string;

beforeAll(async () => {
  const store = new InMemoryObjectStore();
  const shape = {
    kind: 'updateStateByKey',
    key: 'json',
    value: 'json',
    codec: { name: 'json', version: 1 },
    parameters: {},
  } as const;
  const rows = (from: number): StateRow[] =>
    Array.from({ length: 60 }, (_, index) => ({ slot: index, key: `"k${from + index}"`, value: `{"n":${index}}` }));
  const written = await writeCheckpoint(store, {
    path: PATH,
    engineVersion: '0.1.0',
    tenantId,
    jobId,
    revision: 1,
    bundleDigest: 'd'.repeat(64) as BundleDigest,
    snapshot: {
      timeline: 1,
      batchId: 7,
      batchTimeMs: 1_700_000_000_000,
      offsets: { flights: { 'a.jsonl': 120 } },
      operators: new Map([
        ['totals', rows(0)],
        ['window', rows(500)],
        ['empty', []],
      ]),
    },
    shapes: { totals: shape, window: shape, empty: shape },
    pendingPlans: [],
  });
  manifestSha256 = written.manifestSha256;
  const paths = await store.list(PATH);
  whole = new Map(await Promise.all(paths.map(async (path) => [path, await store.get(path)] as const)));
});

/** One of the four objects, by number. */
const anObject = fc.nat({ max: 3 });
const aMutation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('flip a bit' as const), object: anObject, at: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('truncate' as const), object: anObject, at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('append' as const), object: anObject, at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), object: anObject, at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('swap' as const), object: anObject, at: fc.nat({ max: 3 }) }) },
);
type Mutation = typeof aMutation extends fc.Arbitrary<infer T> ? T : never;

describe('F6: a damaged checkpoint', () => {
  it('is found out before a row of it can be used, in each of 1,500 random damages', async () => {
    let damages = 0;
    await fc.assert(
      fc.asyncProperty(aMutation, async (mutation) => {
        const damaged = damage(whole, mutation);
        if (damaged === undefined) return;
        damages += 1;
        await expect(readCheckpoint(await storeOf(damaged), PATH, manifestSha256)).rejects.toMatchObject({
          code: 'checkpoint_unreadable',
          params: { path: PATH, reason: expect.stringMatching(/^(manifest\.json|state\/\d\.ndjson\.zst): /) },
        });
      }),
      { numRuns: 1_500 },
    );
    expect(damages).toBeGreaterThan(1_000);
  });

  it('is not the undamaged one, which opens', async () => {
    const { rows } = await readCheckpoint(await storeOf(whole), PATH, manifestSha256);
    let count = 0;
    for await (const chunk of rows('window')) count += chunk.length;
    expect(count).toBe(60);
  });

  it('is told apart from a store that fails', async () => {
    const store = await storeOf(whole);
    store.get = () => Promise.reject(new Error('the store is down'));
    await expect(readCheckpoint(store, PATH, manifestSha256)).rejects.toThrow('the store is down');
  });
});

/** Undefined when the mutation would change nothing. */
function damage(objects: Objects, { kind, object, at }: Mutation): Objects | undefined {
  const paths = [...objects.keys()];
  const path = paths[object];
  const bytes = path === undefined ? undefined : objects.get(path);
  if (path === undefined || bytes === undefined) throw new Error('There are four objects.');
  const damaged = new Map(objects);
  switch (kind) {
    case 'flip a bit': {
      const flipped = Uint8Array.from(bytes);
      const position = Math.floor(at / 8) % bytes.length;
      flipped[position] = (flipped[position] ?? 0) ^ (1 << (at % 8));
      return damaged.set(path, flipped);
    }
    case 'truncate':
      return damaged.set(path, bytes.subarray(0, at % bytes.length));
    case 'append':
      return damaged.set(path, Buffer.concat([bytes, Buffer.from([at % 256])]));
    case 'delete':
      damaged.delete(path);
      return damaged;
    case 'swap': {
      const other = paths[at];
      const others = other === undefined ? undefined : objects.get(other);
      if (other === undefined || others === undefined || other === path) return undefined;
      return damaged.set(path, others).set(other, bytes);
    }
  }
}

async function storeOf(objects: Objects): Promise<InMemoryObjectStore> {
  const store = new InMemoryObjectStore();
  for (const [path, bytes] of objects) await store.put(path, bytes);
  return store;
}
