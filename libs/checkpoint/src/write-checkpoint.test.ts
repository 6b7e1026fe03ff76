import type { StateShape } from '@tidemark/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StateBlock } from './block-file.js';
import type { CheckpointChain } from './chain.js';
import { InMemoryObjectStore } from './in-memory-object-store.js';
import type { CheckpointManifest } from './manifest.js';
import { readCheckpoint } from './read-checkpoint.js';
import { removeCheckpoint } from './remove-checkpoint.js';
import { aBlock, aCheckpoint, aPath, applied, aShape, asBlock, jobId, tenantId } from './testing/a-checkpoint.js';
import { writeCheckpoint } from './write-checkpoint.js';

const UIDS = ['totals', 'window', 'join'] as const;
const TABLES = ['state', 'left', 'w1700000000000'] as const;

const aValue = fc.option(fc.jsonValue(), { nil: undefined });
const aChange = fc.record({
  uid: fc.constantFrom(...UIDS),
  table: fc.constantFrom(...TABLES),
  clear: fc.boolean(),
  values: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'ä"'), aValue, { maxKeys: 4 }),
});
/** Each a checkpoint: whether it is whole or a delta, and its blocks. */
const someCheckpoints = fc.array(fc.record({ delta: fc.boolean(), changes: fc.array(aChange, { maxLength: 6 }) }), {
  minLength: 1,
  maxLength: 6,
});

const shapes = Object.fromEntries(UIDS.map((uid) => [uid, aShape()]));
const ofUid = (blocks: readonly StateBlock[], uid: string): Uint8Array[] =>
  blocks.filter((block) => block.uid === uid).map(({ bytes }) => bytes);

describe('checkpoints, each on top of the one before or on its own', () => {
  it('restore the state of their moment, table by table', async () => {
    await fc.assert(
      fc.asyncProperty(someCheckpoints, async (checkpoints) => {
        const store = new InMemoryObjectStore();
        let state: StateBlock[] = [];
        let parent: CheckpointChain | undefined;
        for (const [index, { delta, changes }] of checkpoints.entries()) {
          const blocks = changes.map(({ uid, values, table, clear }) => aBlock(uid, values, { table, clear }));
          if (!delta) parent = undefined;
          state = parent === undefined ? blocks : [...state, ...blocks];
          const { written, chain } = await writeCheckpoint(store, aCheckpoint(index, blocks, { parent, shapes }));
          const read = await readCheckpoint(store, aPath(index), written.manifestSha256);
          for (const uid of UIDS) expect(await applied(read.blocks(uid))).toEqual(await applied(ofUid(state, uid)));
          expect(read.chain).toEqual(chain);
          expect(written).toMatchObject({
            kind: parent === undefined ? 'full' : 'delta',
            stateRows: state.reduce((sum, { rows }) => sum + rows, 0),
          });
          parent = chain;
        }
      }),
      { numRuns: 100 },
    );
  });

  it('need exactly the folders that hold their files', async () => {
    await fc.assert(
      fc.asyncProperty(someCheckpoints, async (checkpoints) => {
        const store = new InMemoryObjectStore();
        let parent: CheckpointChain | undefined;
        for (const [index, { delta, changes }] of checkpoints.entries()) {
          const blocks = changes.map(({ uid, values }) => aBlock(uid, values));
          if (!delta) parent = undefined;
          const needed = parent?.folders ?? [];
          const { written, chain } = await writeCheckpoint(store, aCheckpoint(index, blocks, { parent, shapes }));
          const copy = new InMemoryObjectStore();
          for (const folder of [...needed, aPath(index)]) {
            for (const object of await store.list(folder)) await copy.put(object, await store.get(object));
          }
          await readCheckpoint(copy, aPath(index), written.manifestSha256);
          // One that wrote nothing is needed by nobody: the list does not grow with every idle moment.
          expect(chain.folders).toEqual(written.files > 0 || needed.length === 0 ? [...needed, aPath(index)] : needed);
          parent = chain;
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a checkpoint', () => {
  it('has a manifest that is no longer than its parts, however deep a schema goes', async () => {
    const store = new InMemoryObjectStore();
    let schema: object = { type: 'integer' };
    for (let level = 0; level < 1_000; level += 1) schema = { type: 'array', items: schema };
    const deep = { totals: aShape({ kind: 'fold', schema }) };

    const { written } = await writeCheckpoint(store, aCheckpoint(1, [], { shapes: deep }));

    expect(written.manifestBytes).toBeLessThan(JSON.stringify(schema).length + 2_000);
    expect((await readCheckpoint(store, aPath(1), written.manifestSha256)).shapes).toEqual(deep);
  });

  it('keeps identity, offsets, shapes, watermarks and pending plans', async () => {
    const store = new InMemoryObjectStore();
    const shape: StateShape = aShape({
      kind: 'reduceByKeyAndWindow',
      parameters: { windowMs: 60_000, slideMs: 5_000 },
    });
    const ranges = { flights: { a: { from: 1, to: 2, held: 'wal/1' } } };
    const skipped = { flights: { a: { from: 0, to: 1, identity: 'x' } } };
    const pendingPlans = [
      { timeline: 1, batchId: 8, batchTimeMs: 500, ranges, skipped },
      { timeline: 1, batchId: 9, batchTimeMs: 900, ranges, skipped: undefined },
    ];
    const identities = { flights: { a: 'x' } };
    const wanted = aCheckpoint(7, [aBlock('totals', { ORD: 1 })], {
      ...{ shapes: { totals: shape }, watermarks: { flights: 4 }, pendingPlans },
    });
    Object.assign(wanted.snapshot, { identities });
    const { written } = await writeCheckpoint(store, wanted);

    const read = await readCheckpoint(store, aPath(7), written.manifestSha256);

    expect(read.shapes).toEqual({ totals: shape });
    const { engineVersion, revision, bundleDigest, snapshot } = wanted;
    expect(read.manifest).toMatchObject({
      ...{ format: 3, engineVersion, tenantId, jobId, revision, bundleDigest, timeline: 1, batchId: 7 },
      ...{ batchTimeMs: 1_700_000_000_000, watermarks: { flights: 4 }, offsets: snapshot.offsets },
      ...{ parent: null, buildsOn: [], identities },
    });
    const { skipped: _, ...second } = { skipped: undefined, ...pendingPlans[1] };
    expect(read.manifest.pendingPlans).toEqual([pendingPlans[0], second]);
  });

  it('gives back every shape as it was given, and whatever order members of its schemas come in, one hash', async () => {
    const aSchema = fc.option(fc.jsonValue().map(plain), { nil: undefined });
    const someShapes = fc.dictionary(
      fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,9}$/),
      fc.record({ schema: aSchema, keySchema: aSchema, version: fc.option(fc.nat(), { nil: undefined }) }),
    );
    await fc.assert(
      fc.asyncProperty(someShapes, async (given) => {
        const shapes = Object.fromEntries(
          Object.entries(given).map(([uid, more]) => [uid, aShape(plain(more) as Partial<StateShape>)]),
        );
        const store = new InMemoryObjectStore();
        const { written } = await writeCheckpoint(store, aCheckpoint(7, [], { shapes }));
        const read = await readCheckpoint(store, aPath(7), written.manifestSha256);
        expect(read.shapes).toEqual(shapes);
        const reversed = mapped(shapes, ({ schema, ...shape }) =>
          schema === undefined ? shape : { ...shape, schema: backwards(schema) },
        );
        const other = new InMemoryObjectStore();
        const again = await writeCheckpoint(other, aCheckpoint(7, [], { shapes: reversed }));
        const { manifest } = await readCheckpoint(other, aPath(7), again.written.manifestSha256);
        expect(hashesIn(manifest)).toEqual(hashesIn(read.manifest));
      }),
      { numRuns: 200 },
    );
  });

  it('has files of one operator each, none for an operator without blocks, and none that is much too large', async () => {
    const store = new InMemoryObjectStore();
    const large = (uid: string): StateBlock => aBlock(uid, { key: 'x'.repeat(6 * 1024 * 1024) });
    const all = [large('a'), large('a'), large('a'), large('b'), aBlock('a', { late: 1 })];
    const { written } = await writeCheckpoint(
      store,
      aCheckpoint(1, all, { shapes: { a: aShape(), b: aShape(), c: aShape() } }),
    );

    const { manifest } = await readCheckpoint(store, aPath(1), written.manifestSha256);

    const counts = Object.entries((manifest as CheckpointManifest).operators).map(([uid, { files }]) => [
      uid,
      files.map(({ path, blocks }) => [path, blocks]),
    ]);
    expect(counts).toEqual([
      [
        'a',
        [
          ['state/1.tmb.zst', 2],
          ['state/2.tmb.zst', 1],
          ['state/4.tmb.zst', 1],
        ],
      ],
      ['b', [['state/3.tmb.zst', 1]]],
      ['c', []],
    ]);
    expect(written).toMatchObject({ files: 4, stateRows: 5 });
  });

  it('pulls one block at a time', async () => {
    const store = new InMemoryObjectStore();
    const checkpoint = aCheckpoint(
      1,
      Array.from({ length: 20 }, (_, index) => aBlock('a', { [index]: 1 })),
    );
    let calls = 0;
    const next = async (): Promise<StateBlock | undefined> => {
      calls += 1;
      expect(calls).toBe(1);
      const block = await checkpoint.snapshot.next();
      await Promise.resolve();
      calls -= 1;
      return block;
    };
    const { written } = await writeCheckpoint(store, { ...checkpoint, snapshot: { ...checkpoint.snapshot, next } });
    expect(written.stateRows).toBe(20);
  });

  it('writes the manifest after everything that it names', async () => {
    const store = new InMemoryObjectStore();
    const puts: string[] = [];
    const put = store.put.bind(store);
    store.put = async (path, bytes) => {
      await put(path, bytes);
      puts.push(path);
    };
    await writeCheckpoint(store, aCheckpoint(1, [aBlock('b', { x: 1 }), aBlock('a', { x: 1 })]));
    expect(puts).toEqual(['state/1.tmb.zst', 'state/2.tmb.zst', 'manifest.json'].map((name) => `${aPath(1)}/${name}`));
  });

  it('has no manifest when a file cannot be written', async () => {
    const store = new InMemoryObjectStore();
    const put = store.put.bind(store);
    store.put = (path, bytes) =>
      path.endsWith('1.tmb.zst') ? Promise.reject(new Error('disk full')) : put(path, bytes);
    const blocks = [aBlock('a', { x: 1 }), aBlock('b', { x: 1 }), aBlock('c', { x: 1 })];
    await expect(writeCheckpoint(store, aCheckpoint(1, blocks))).rejects.toThrow('disk full');
    expect(await store.list(aPath(1))).not.toContain(`${aPath(1)}/manifest.json`);
  });

  it('fails as its snapshot does', async () => {
    const checkpoint = aCheckpoint(1, [aBlock('a', { x: 1 })]);
    const next = async (): Promise<StateBlock | undefined> =>
      (await checkpoint.snapshot.next()) ?? Promise.reject(new Error('sandbox lost'));
    const snapshot = { ...checkpoint.snapshot, next };
    await expect(writeCheckpoint(new InMemoryObjectStore(), { ...checkpoint, snapshot })).rejects.toThrow(
      'sandbox lost',
    );
  });

  const sound = aBlock('a', { x: 1 });
  const bad: readonly (readonly [string, StateBlock])[] = [
    ['is no state block', { ...sound, bytes: new Uint8Array(64) }],
    ['holds fewer rows than were announced', { ...sound, rows: 2 }],
    ['holds more deleted keys than were announced', { ...aBlock('a', { x: undefined }), deleted: 0 }],
    ['is of an operator that the job does not have', { ...sound, uid: 'constructor' }],
    [
      'has a slot that there is not',
      asBlock('a', { table: 't', clear: false, columns: [], rows: [{ slot: 128, key: '1', values: [] }], deleted: [] }),
    ],
  ];
  it.each(bad)('refuses a block that %s', async (_, block) => {
    const checkpoint = aCheckpoint(1, [block], { shapes: { a: aShape() } });
    await expect(writeCheckpoint(new InMemoryObjectStore(), checkpoint)).rejects.toMatchObject({
      code: 'sandbox_spoke_nonsense',
    });
  });
});

describe('removing a checkpoint', () => {
  it('takes the manifest last, and can be taken up again after any failure', async () => {
    const store = new InMemoryObjectStore();
    const blocks = [aBlock('a', { x: 1 }), aBlock('b', { x: 1 }), aBlock('c', { x: 1 })];
    const { written } = await writeCheckpoint(store, aCheckpoint(7, blocks));
    const path = aPath(7);
    const remove = store.remove.bind(store);
    let left = 2;
    store.remove = async (object) => {
      if (left === 0) throw new Error('unplugged');
      left -= 1;
      await remove(object);
    };
    await expect(removeCheckpoint(store, path)).rejects.toThrow('unplugged');
    expect(await store.list(path)).toContain(`${path}/manifest.json`);
    await expect(readCheckpoint(store, path, written.manifestSha256)).rejects.toMatchObject({
      code: 'checkpoint_unreadable',
    });

    left = 100;
    await removeCheckpoint(store, path);
    expect(await store.list(path)).toEqual([]);
  });
});

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const mapped = <T>(shapes: { readonly [uid: string]: StateShape }, change: (shape: StateShape) => T) =>
  Object.fromEntries(Object.entries(shapes).map(([uid, shape]) => [uid, change(shape)]));

/** The same value with the members of its objects the other way round. */
function backwards(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(backwards);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, backwards(member)]),
  );
}

const hashesIn = ({ operators }: object & { readonly operators: object }): readonly unknown[] =>
  Object.values(operators).map(({ shape }: { shape: { value: { sha256?: string } } }) => shape.value.sha256);
