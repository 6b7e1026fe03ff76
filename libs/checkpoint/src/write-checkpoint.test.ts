import type { BundleDigest, JobId, StateRow, StateShape, TenantId } from '@tidemark/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkpointPath } from './checkpoint-path.js';
import { InMemoryObjectStore } from './in-memory-object-store.js';
import { KEY_SLOTS } from '@tidemark/domain';
import { readCheckpoint } from './read-checkpoint.js';
import { removeCheckpoint } from './remove-checkpoint.js';
import { sha256, writeCheckpoint, type CheckpointToWrite } from './write-checkpoint.js';

const tenantId = 'tnt_0192f0c1a2b37c4d8e5f60718293a4b5' as TenantId;
const jobId = 'job_0192f0c1a2b37c4d8e5f60718293a4b6' as JobId;
const PATH = checkpointPath({ tenantId, jobId, timeline: 1, batchId: 7, epoch: 2, unique: 'a' });

const aShape = (overrides: Partial<StateShape> = {}): StateShape => ({
  kind: 'updateStateByKey',
  key: 'json',
  value: 'json',
  codec: { name: 'json', version: 1 },
  parameters: {},
  ...overrides,
});

const aCheckpoint = (operators: { readonly [uid: string]: readonly StateRow[] }): CheckpointToWrite => ({
  path: PATH,
  engineVersion: '0.1.0',
  tenantId,
  jobId,
  revision: 3,
  bundleDigest: 'd'.repeat(64) as BundleDigest,
  snapshot: {
    timeline: 1,
    batchId: 7,
    batchTimeMs: 1_700_000_000_000,
    offsets: { flights: { 'a.jsonl': 120, 'b.jsonl': 0 } },
    operators: new Map(Object.entries(operators)),
  },
  shapes: Object.fromEntries(Object.keys(operators).map((uid) => [uid, aShape()])),
  pendingPlans: [
    {
      timeline: 1,
      batchId: 8,
      batchTimeMs: 1_700_000_000_500,
      ranges: { flights: { 'a.jsonl': { from: 120, to: 180 } } },
    },
  ],
});

const aRow = (slot: number, key: unknown, value: unknown): StateRow => ({
  slot,
  key: JSON.stringify(key),
  value: JSON.stringify(value),
});

const jsonText = fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.stringify(value));
const someRows = fc.uniqueArray(fc.record({ slot: fc.nat({ max: KEY_SLOTS - 1 }), key: jsonText, value: jsonText }), {
  maxLength: 40,
  selector: ({ key }) => key,
});
const someOperators = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 20 }).filter((uid) => uid !== '__proto__'),
  someRows,
  { maxKeys: 4 },
);

describe('a checkpoint', () => {
  it('gives back every row of every operator, whatever the keys and values are', async () => {
    await fc.assert(
      fc.asyncProperty(someOperators, async (operators) => {
        const store = new InMemoryObjectStore();
        const { manifestSha256, stateRows } = await writeCheckpoint(store, aCheckpoint(operators));
        const read = await readCheckpoint(store, PATH, manifestSha256);
        for (const [uid, rows] of Object.entries(operators)) {
          expect(sortedByKey(await allRows(read.rows(uid)))).toEqual(sortedByKey(rows));
        }
        expect(Object.keys(read.shapes).sort()).toEqual(Object.keys(operators).sort());
        expect(stateRows).toBe(Object.values(operators).flat().length);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps identity, offsets, shapes and pending plans', async () => {
    const store = new InMemoryObjectStore();
    const shape = aShape({ kind: 'reduceByKeyAndWindow', parameters: { windowMs: 60_000, slideMs: 5_000 } });
    const wanted = { ...aCheckpoint({ totals: [aRow(3, 'ORD', { n: 1 })] }), shapes: { totals: shape } };
    const { manifestSha256 } = await writeCheckpoint(store, wanted);

    const { manifest, shapes } = await readCheckpoint(store, PATH, manifestSha256);

    expect(shapes).toEqual({ totals: shape });
    expect(manifest).toMatchObject({
      format: 1,
      tenantId,
      jobId,
      revision: 3,
      bundleDigest: wanted.bundleDigest,
      timeline: 1,
      batchId: 7,
      batchTimeMs: 1_700_000_000_000,
      offsets: wanted.snapshot.offsets,
      parent: null,
      pendingPlans: wanted.pendingPlans,
    });
  });

  it('keeps the rows of a large operator in order and in bounded chunks', async () => {
    const store = new InMemoryObjectStore();
    const rows = Array.from({ length: 10_000 }, (_, index) => aRow(index % KEY_SLOTS, `key-${index}`, 'x'.repeat(90)));
    const { manifestSha256 } = await writeCheckpoint(store, aCheckpoint({ totals: rows }));

    const sizes: number[] = [];
    const slots: number[] = [];
    for await (const chunk of (await readCheckpoint(store, PATH, manifestSha256)).rows('totals')) {
      sizes.push(chunk.length);
      slots.push(...chunk.map(({ slot }) => slot));
    }
    expect(sizes).toEqual([4_096, 4_096, 1_808]);
    expect(slots).toEqual(slots.toSorted((a, b) => a - b));
  });

  it('has the same bytes whatever order the rows came in', async () => {
    const rows = [aRow(5, 'a', 1), aRow(1, 'b', 2), aRow(5, 'Z', 3), aRow(0, 'c', 4)];
    const [one, other] = [new InMemoryObjectStore(), new InMemoryObjectStore()];
    expect(await writeCheckpoint(one, aCheckpoint({ totals: rows }))).toEqual(
      await writeCheckpoint(other, aCheckpoint({ totals: rows.toReversed() })),
    );
  });

  it('writes the manifest after everything that it names', async () => {
    const store = new InMemoryObjectStore();
    const puts: string[] = [];
    const put = store.put.bind(store);
    store.put = async (path, bytes) => {
      puts.push(path);
      await put(path, bytes);
    };
    await writeCheckpoint(store, aCheckpoint({ b: [], a: [] }));
    expect(puts).toEqual(
      ['state/1.ndjson.zst', 'state/2.ndjson.zst', 'manifest.json'].map((name) => `${PATH}/${name}`),
    );
  });

  it('refuses state that could not be read again', async () => {
    const bad: readonly (readonly StateRow[])[] = [
      [{ slot: 0, key: '"a"', value: 'undefined' }],
      [{ slot: 0, key: '"a"', value: '1],[2' }],
      [{ slot: 0, key: '"a"', value: '{\n}' }],
      [{ slot: 0, key: '', value: '1' }],
      [{ slot: KEY_SLOTS, key: '"a"', value: '1' }],
      [aRow(0, 'a', 1), aRow(0, 'a', 2)],
    ];
    for (const rows of bad) {
      await expect(writeCheckpoint(new InMemoryObjectStore(), aCheckpoint({ totals: rows }))).rejects.toMatchObject({
        code: 'state_not_json',
      });
    }
  });

  it('refuses state of an operator that the job does not have', async () => {
    const checkpoint = { ...aCheckpoint({ totals: [] }), shapes: {} };
    await expect(writeCheckpoint(new InMemoryObjectStore(), checkpoint)).rejects.toThrow('"totals"');
  });
});

describe('removing a checkpoint', () => {
  it('takes the manifest last, and can be taken up again after any failure', async () => {
    const store = new InMemoryObjectStore();
    const { manifestSha256 } = await writeCheckpoint(store, aCheckpoint({ a: [], b: [], c: [] }));
    const remove = store.remove.bind(store);
    let left = 2;
    store.remove = async (path) => {
      if (left === 0) throw new Error('unplugged');
      left -= 1;
      await remove(path);
    };
    await expect(removeCheckpoint(store, PATH)).rejects.toThrow('unplugged');
    expect(await store.list(PATH)).toContain(`${PATH}/manifest.json`);
    await expect(readCheckpoint(store, PATH, manifestSha256)).rejects.toMatchObject({ code: 'checkpoint_unreadable' });

    left = 100;
    await removeCheckpoint(store, PATH);
    expect(await store.list(PATH)).toEqual([]);
  });
});

describe('a manifest that is sound in itself', () => {
  it('is refused when its format version is unknown', async () => {
    const { store, manifestSha256 } = await rewritten((manifest) => ({ ...manifest, format: 2, anything: 'else' }));
    await expect(readCheckpoint(store, PATH, manifestSha256)).rejects.toMatchObject({
      code: 'checkpoint_version_unknown',
      params: { found: 2, newestKnown: 1 },
    });
  });

  const wrong: { readonly [what: string]: (manifest: Record<string, unknown>) => unknown } = {
    'belongs to another job': (manifest) => ({ ...manifest, jobId: 'job_other' }),
    'belongs to another batch': (manifest) => ({ ...manifest, batchId: 70 }),
    'has a field that version 1 does not know': (manifest) => ({ ...manifest, more: 1 }),
    'lacks its offsets': ({ offsets: _, ...manifest }) => manifest,
    'has a negative offset': (manifest) => ({ ...manifest, offsets: { flights: { 'a.jsonl': -1 } } }),
    'names a file outside its folder': (manifest) =>
      JSON.parse(JSON.stringify(manifest).replace('state/1.ndjson.zst', '../../other/state/1.ndjson.zst')),
    'is not an object': () => 'manifest',
  };
  for (const [what, change] of Object.entries(wrong)) {
    it(`is refused when it ${what}`, async () => {
      const { store, manifestSha256 } = await rewritten(change);
      await expect(readCheckpoint(store, PATH, manifestSha256)).rejects.toMatchObject({
        code: 'checkpoint_unreadable',
        params: { path: PATH, reason: expect.stringContaining('manifest.json') },
      });
    });
  }

  it('is refused, row by row, when its state is longer than it declares', async () => {
    const { store, manifestSha256 } = await rewritten((manifest) =>
      JSON.parse(JSON.stringify(manifest).replace(/"plainBytes":\d+/, '"plainBytes":100')),
    );
    const { rows } = await readCheckpoint(store, PATH, manifestSha256);
    await expect(allRows(rows('totals'))).rejects.toMatchObject({
      code: 'checkpoint_unreadable',
      params: { reason: expect.stringContaining('state/1.ndjson.zst: it is longer than the 100 bytes') },
    });
  });
});

/** A checkpoint whose manifest somebody changed and hashed again. */
async function rewritten(
  change: (manifest: Record<string, unknown>) => unknown,
): Promise<{ store: InMemoryObjectStore; manifestSha256: string }> {
  const store = new InMemoryObjectStore();
  await writeCheckpoint(store, aCheckpoint({ totals: Array.from({ length: 50 }, (_, index) => aRow(0, index, 'x')) }));
  const path = `${PATH}/manifest.json`;
  const manifest = JSON.parse(Buffer.from(await store.get(path)).toString()) as Record<string, unknown>;
  const bytes = Buffer.from(JSON.stringify(change(manifest)));
  await store.remove(path);
  await store.put(path, bytes);
  return { store, manifestSha256: sha256(bytes) };
}

async function allRows(chunks: AsyncIterable<readonly StateRow[]>): Promise<StateRow[]> {
  const rows: StateRow[] = [];
  for await (const chunk of chunks) rows.push(...chunk);
  return rows;
}

const sortedByKey = (rows: readonly StateRow[]): StateRow[] => rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
