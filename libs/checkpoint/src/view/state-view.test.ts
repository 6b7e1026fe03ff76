import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InMemoryObjectStore } from '../in-memory-object-store.js';
import { aBlock, aCheckpoint, aPath, aShape, asBlock } from '../testing/a-checkpoint.js';
import { expectedOf, objectsOf } from '../testing/fixture.js';
import { storeOf } from '../testing/a-checkpoint.js';
import { writeCheckpoint } from '../write-checkpoint.js';
import { readRowCursor, rowCursor, type RowPosition } from './row-position.js';
import type { RowQuery } from './row-range.js';
import type { ShownRow } from './shown-row.js';
import { StateView } from './state-view.js';
import { someCheckpoints, UIDS, viewOf, written, type Expected } from './testing/random-states.js';

/** Every row, page by page; what is between two pages goes through a text, as it does between two requests. */
async function listed(view: StateView, uid: string, query: RowQuery): Promise<readonly ShownRow[]> {
  const rows: ShownRow[] = [];
  for (let after: RowPosition | undefined, pages = 0; pages < 1_000; pages += 1) {
    const page = await view.rows(uid, { ...query, after });
    expect(page.rows.length).toBeLessThanOrEqual(query.rowsMax);
    rows.push(...page.rows);
    if (page.upTo === undefined) return rows;
    after = readRowCursor(rowCursor(page.upTo));
  }
  throw new Error('It goes on for ever.');
}

const asExpected = ({ table, slot, key, value, internal }: ShownRow): Expected => ({
  ...{ table, slot, key },
  value: JSON.parse(value) as unknown,
  internal: JSON.parse(internal) as unknown,
});

const idOf = ({ key, table }: { readonly key: string; readonly table: string }): string => `${key} ${table}`;
const byId = (rows: Iterable<Expected>): ReadonlyMap<string, Expected> =>
  new Map([...rows].map((row) => [idOf(row), row]));

describe('the rows of a checkpoint', () => {
  it('are those of a naive model, each once, whatever pages they are read in', async () => {
    await fc.assert(
      fc.asyncProperty(someCheckpoints, fc.integer({ min: 1, max: 4 }), async (checkpoints, rowsMax) => {
        const made = await written(checkpoints);
        for (const checkpoint of made.checkpoints) {
          const view = await viewOf(made, checkpoint);
          for (const uid of UIDS) {
            const rows = (await listed(view, uid, { rowsMax })).map(asExpected);
            expect(new Set(rows.map(idOf)).size).toBe(rows.length);
            expect(byId(rows)).toEqual(byId(checkpoint.model.get(uid)?.values() ?? []));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('are found by key and by table', async () => {
    await fc.assert(
      fc.asyncProperty(someCheckpoints, async (checkpoints) => {
        const made = await written(checkpoints);
        const last = made.checkpoints.at(-1);
        if (last === undefined) return;
        const view = await viewOf(made, last);
        for (const uid of UIDS) {
          const all = [...(last.model.get(uid)?.values() ?? [])];
          for (const key of new Set(['"a"', '7', '"nobody"', ...all.map((row) => row.key)])) {
            const rows = await listed(view, uid, { rowsMax: 2, keys: [key] });
            expect(byId(rows.map(asExpected))).toEqual(byId(all.filter((row) => row.key === key)));
          }
          const timed = await listed(view, uid, { rowsMax: 2, table: 'timed' });
          expect(byId(timed.map(asExpected))).toEqual(byId(all.filter(({ table }) => table === 'timed')));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('come in the same order from every checkpoint, by slot, key and table', async () => {
    await fc.assert(
      fc.asyncProperty(someCheckpoints, async (checkpoints) => {
        const made = await written(checkpoints);
        for (const checkpoint of made.checkpoints) {
          const rows = await listed(await viewOf(made, checkpoint), 'totals', { rowsMax: 3 });
          const slots = rows.map(({ slot }) => slot);
          expect(slots).toEqual([...slots].sort((a, b) => a - b));
          for (const [index, row] of rows.entries()) {
            const before = rows[index - 1];
            if (before?.key === row.key) expect(before.table < row.table).toBe(true);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('can be read from format 1', async () => {
    const { path, manifestSha256, operators } = expectedOf('v1/three-operators');
    const view = await StateView.open(await storeOf(objectsOf('v1/three-operators')), path, { manifestSha256 });
    for (const [uid, rows] of Object.entries(operators)) {
      const wanted = (rows as readonly { slot: number; key: string; value: string }[]).map(({ slot, key, value }) => ({
        ...{ table: 'state', slot, key, internal: {} },
        value: JSON.parse(value) as unknown,
      }));
      const found = (await listed(view, uid, { rowsMax: 2 })).map(asExpected);
      expect(byId(found)).toEqual(byId(wanted));
    }
  });
});

describe('a damaged checkpoint', () => {
  it('gives an error and never a wrong row, whichever byte of whichever object is flipped', async () => {
    const made = await written(fc.sample(someCheckpoints, { numRuns: 1, seed: 12 })[0] ?? []);
    await fc.assert(
      fc.asyncProperty(someCheckpoints, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (random, ...at) => {
        const fresh = random.length > 1 ? await written(random) : made;
        const last = fresh.checkpoints.at(-1);
        if (last === undefined) return;
        const needed = await objectsOfCheckpoint(fresh.store, last);
        const damaged = await withFlippedByte(fresh.store, needed, at);
        const look = async (): Promise<void> => {
          const view = await StateView.open(damaged, last.path, last);
          for (const uid of UIDS) await view.rows(uid, { rowsMax: 1 });
        };
        await expect(look()).rejects.toMatchObject({ code: 'checkpoint_unreadable' });
      }),
      { numRuns: 150 },
    );
  });

  it('gives an error when a file is gone, and still shows an operator whose files are there', async () => {
    const store = new InMemoryObjectStore();
    const blocks = [aBlock('totals', { a: 1 }), aBlock('window', { b: 2 })];
    const { written: result } = await writeCheckpoint(store, aCheckpoint(1, blocks));
    const view = await StateView.open(store, aPath(1), result);
    await store.remove(`${aPath(1)}/state/1.tmb.zst`);

    await expect(view.rows('totals', { rowsMax: 1 })).rejects.toMatchObject({ code: 'checkpoint_unreadable' });
    expect((await view.rows('window', { rowsMax: 1 })).rows).toMatchObject([{ key: '"b"', value: '2' }]);
  });
});

/** The manifest and every file that it names. */
async function objectsOfCheckpoint(
  store: InMemoryObjectStore,
  checkpoint: { readonly path: string; readonly manifestSha256: string },
): Promise<readonly string[]> {
  const { manifest } = await StateView.open(store, checkpoint.path, checkpoint);
  const files = Object.values(manifest.operators).flatMap(
    (operator) => operator.files as readonly { readonly in?: string; readonly path: string }[],
  );
  return [`${checkpoint.path}/manifest.json`, ...files.map((file) => `${file.in ?? checkpoint.path}/${file.path}`)];
}

async function withFlippedByte(
  store: InMemoryObjectStore,
  paths: readonly string[],
  [object, at, bits]: readonly number[],
): Promise<InMemoryObjectStore> {
  const damaged = new Map<string, Uint8Array>();
  for (const path of paths) damaged.set(path, await store.get(path));
  const bytes = damaged.get(paths[(object ?? 0) % paths.length] ?? '') ?? new Uint8Array(0);
  const index = (at ?? 0) % bytes.length;
  bytes[index] = (bytes[index] ?? 0) ^ (bits ?? 1);
  return storeOf(damaged);
}

describe('a value', () => {
  const valuesOf = async (
    columns: readonly { readonly name: string; readonly type: 'f64' | 'bool' | 'json' }[],
    values: readonly (number | boolean | string)[],
    form: { readonly kind?: string; readonly schema?: unknown } = {},
  ): Promise<unknown> => {
    const store = new InMemoryObjectStore();
    const rows = [{ slot: 1, key: '"k"', values }];
    const block = asBlock('op', { table: 'state', clear: false, columns, rows, deleted: [] });
    const shapes = { op: aShape({ kind: form.kind ?? 'fold' }) };
    const { written: result } = await writeCheckpoint(store, aCheckpoint(1, [block], { shapes }));
    const { manifestSha256 } = result;
    const view = await StateView.open(store, aPath(1), { manifestSha256, schemas: { op: form.schema } });
    const [row] = (await view.rows('op', { rowsMax: 1 })).rows;
    return row && [row.value, row.internal];
  };
  const value = { name: 'value', type: 'f64' } as const;

  it('is the state itself where that lies in one column', async () => {
    expect(await valuesOf([value], [1.5])).toEqual(['1.5', '{}']);
    expect(await valuesOf([value], [1.5], { schema: { type: 'number' } })).toEqual(['1.5', '{}']);
  });

  it('is an object where the state has members, also if that is one alone, called "value"', async () => {
    const schema = { type: 'object', properties: { value: { type: 'number' } }, required: ['value'] };
    expect(await valuesOf([value], [1.5], { schema })).toEqual(['{"value":1.5}', '{}']);
    expect(await valuesOf([value], [1.5], { kind: 'process' })).toEqual(['{"value":1.5}', '{}']);
  });

  it('is apart from what the operator keeps for itself', async () => {
    const lastMs = { name: '@lastMs', type: 'f64' } as const;
    expect(await valuesOf([value, lastMs], [2, 1_700])).toEqual(['2', '{"@lastMs":1700}']);
  });

  it('is without a member that is absent, and null where it is absent as a whole', async () => {
    const json = (name: string) => ({ name, type: 'json' }) as const;
    expect(await valuesOf([json('a'), json('b')], ['', '[]'])).toEqual(['{"b":[]}', '{}']);
    expect(await valuesOf([json('value')], [''])).toEqual(['null', '{}']);
  });
});

describe('a look at more rows than are kept at a time', () => {
  it('gives the first ones, also where what would have come first was deleted since', async () => {
    const store = new InMemoryObjectStore();
    const keys = Array.from({ length: 5_000 }, (_, index) => ({ slot: (index * 7) % 128, key: `"k${index}"` }));
    const columns = [{ name: 'value', type: 'json' }] as const;
    const rows = keys.map((key, index) => ({ ...key, values: [String(index)] }));
    const base = asBlock('op', { table: 'state', clear: false, columns, rows, deleted: [] });
    const gone = keys.filter(({ slot }) => slot < 60);
    const delta = asBlock('op', { table: 'state', clear: false, columns, rows: [], deleted: gone });
    const first = await writeCheckpoint(store, aCheckpoint(1, [base]));
    const second = await writeCheckpoint(store, aCheckpoint(2, [delta], { parent: first.chain }));
    const bounds = { found: 700, chars: 1e6, readBytes: 1e9 };
    const { manifestSha256 } = second.written;
    const view = await StateView.open(store, aPath(2), { manifestSha256, bounds });

    // More deleted keys than are kept: a page ends before its first row, rather than keep them all.
    expect(await view.rows('op', { rowsMax: 100 })).toMatchObject({
      rows: [],
      upTo: { slot: expect.any(Number) as number },
    });
    const found = await listed(view, 'op', { rowsMax: 100 });

    expect(found).toHaveLength(keys.length - gone.length);
    expect(found[0]?.slot).toBe(60);
    await expect(
      StateView.open(store, aPath(2), { manifestSha256, bounds: { ...bounds, readBytes: 1_000 } }).then((small) =>
        small.rows('op', { rowsMax: 1 }),
      ),
    ).rejects.toMatchObject({ code: 'state_too_large_to_show', params: { operator: 'op', bytesMax: 1_000 } });
  });
});

describe('the text of a position', () => {
  it('is read as what it was made of, and nothing else is', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 127 }),
        fc.option(fc.tuple(fc.string(), fc.string()), { nil: undefined }),
        (slot, of) => {
          const position = of === undefined ? { slot } : { slot, of };
          expect(readRowCursor(rowCursor(position))).toEqual(position);
        },
      ),
    );
    for (const text of ['', 'x', 'WzEyOF0', 'e30', rowCursor({ slot: 128 }), 'WzEsImEiXQ']) {
      expect(readRowCursor(text)).toBeUndefined();
    }
  });
});
