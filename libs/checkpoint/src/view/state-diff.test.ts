import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { InMemoryObjectStore } from '../in-memory-object-store.js';
import { aBlock, aCheckpoint, aPath, aShape } from '../testing/a-checkpoint.js';
import { writeCheckpoint } from '../write-checkpoint.js';
import { readRowCursor, rowCursor, type RowPosition } from './row-position.js';
import type { ShownRow } from './shown-row.js';
import { differenceCounts, differences, type RowDifference, type StatePair } from './state-diff.js';
import { StateView } from './state-view.js';
import { someCheckpoints, UIDS, viewOf, written, type Expected } from './testing/random-states.js';

async function allDifferences(pair: StatePair, uid: string, differencesMax: number): Promise<readonly RowDifference[]> {
  const found: RowDifference[] = [];
  for (let after: RowPosition | undefined, pages = 0; pages < 2_000; pages += 1) {
    const page = await differences(pair, uid, { after, differencesMax });
    expect(page.items.length).toBeLessThanOrEqual(differencesMax);
    found.push(...page.items);
    if (page.upTo === undefined) return found;
    after = readRowCursor(rowCursor(page.upTo));
  }
  throw new Error('It goes on for ever.');
}

const shown = (row: ShownRow | undefined): readonly [unknown, unknown] | undefined =>
  row && [JSON.parse(row.value) as unknown, JSON.parse(row.internal) as unknown];
const expected = (row: Expected | undefined): readonly [unknown, unknown] | undefined =>
  row && [row.value, row.internal];

describe('the differences of two checkpoints', () => {
  it('are those of two naive models, each once, in either direction and whatever pages they are read in', async () => {
    await fc.assert(
      fc.asyncProperty(someCheckpoints, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 5 }), async (all, a, b, max) => {
        const made = await written(all);
        const [from, to] = [made.checkpoints[a % all.length], made.checkpoints[b % all.length]];
        if (from === undefined || to === undefined) return;
        const pair = { before: await viewOf(made, from), after: await viewOf(made, to) };
        for (const uid of UIDS) {
          const [old, now] = [from.model.get(uid), to.model.get(uid)];
          const ids = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])];
          const pairs = ids.map((id) => [id, expected(old?.get(id)), expected(now?.get(id))] as const);
          const wanted = pairs.filter(([, before, after]) => !isDeepStrictEqual(before, after));

          const found = await allDifferences(pair, uid, max);
          expect(found).toHaveLength(wanted.length);
          const byId = found.map(({ before, after }): [string, unknown] => {
            const { key = '', table = '' } = before ?? after ?? {};
            return [`${key} ${table}`, [shown(before), shown(after)]];
          });
          expect(new Map(byId)).toEqual(new Map(wanted.map(([id, before, after]) => [id, [before, after]])));

          const added = wanted.filter(([, before]) => before === undefined).length;
          const removed = wanted.filter(([, , after]) => after === undefined).length;
          expect((await differenceCounts(pair)).get(uid)).toEqual({
            ...{ added, removed },
            changed: wanted.length - added - removed,
          });
        }
      }),
      { numRuns: 50 },
    );
  });
});

const pairOf = async (before: object, after: object, readBytes = 1e9): Promise<StatePair> => {
  const store = new InMemoryObjectStore();
  const views: StateView[] = [];
  for (const [index, values] of [before, after].entries()) {
    const block = aBlock('op', { ...values });
    const { written: result } = await writeCheckpoint(store, aCheckpoint(index, [block], { shapes: { op: aShape() } }));
    const bounds = { found: 100, chars: 1e6, readBytes };
    const { manifestSha256 } = result;
    views.push(await StateView.open(store, aPath(index), { manifestSha256, bounds }));
  }
  const [old, now] = views;
  if (old === undefined || now === undefined) throw new Error('Two were written.');
  return { before: old, after: now };
};

it('values that say the same are no difference, in whatever order their members stand', async () => {
  const before = { a: { x: 1, y: [{ p: 1, q: 2 }] }, b: { x: 1 }, c: [1, 2] };
  const after = { a: { y: [{ q: 2, p: 1 }], x: 1 }, b: { x: 1, y: null }, c: [2, 1] };

  const { items } = await differences(await pairOf(before, after), 'op', { differencesMax: 10 });

  expect(items.map(({ before: row }) => row?.key)).toEqual(['"b"', '"c"']);
});

it('an operator that only one of two checkpoints has is all added, or all removed', async () => {
  const { before, after } = await pairOf({ a: 1 }, { a: 1, b: 2 });
  const store = new InMemoryObjectStore();
  const { written: result } = await writeCheckpoint(store, aCheckpoint(1, [aBlock('other', { x: 1 })]));
  const other = await StateView.open(store, aPath(1), result);

  const none = { added: 0, removed: 0, changed: 0 };
  expect(await differenceCounts({ before: other, after })).toEqual(
    new Map([
      ['op', { ...none, added: 2 }],
      ['other', { ...none, removed: 1 }],
    ]),
  );
  expect((await differenceCounts({ before, after: other })).get('op')).toEqual({ ...none, removed: 1 });
});

it('counts are refused, and pages end early, where one request would have to read too much', async () => {
  const values = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, index]));
  const pair = await pairOf(values, { ...values, k7: 'changed', k290: 'changed' }, 40_000);

  await expect(differenceCounts(pair)).rejects.toMatchObject({ code: 'state_too_large_to_show' });
  const { upTo } = await differences(pair, 'op', { differencesMax: 10 });
  expect(upTo).toBeDefined();
  expect(await allDifferences(pair, 'op', 10)).toHaveLength(2);
});

it('rows of a table that was emptied since are removed, also where both checkpoints have the file that they lie in', async () => {
  const store = new InMemoryObjectStore();
  const base = await writeCheckpoint(store, aCheckpoint(1, [aBlock('op', { a: 1, b: 2, c: 3 })]));
  const emptied = aBlock('op', { b: 2, c: 4 }, { clear: true });
  const delta = await writeCheckpoint(store, aCheckpoint(2, [emptied], { parent: base.chain }));
  const before = await StateView.open(store, aPath(1), base.written);
  const after = await StateView.open(store, aPath(2), delta.written);

  const { items } = await differences({ before, after }, 'op', { differencesMax: 10 });

  expect(items.map(({ row, after: now }) => [row.key, now?.value])).toEqual([
    ['"a"', undefined],
    ['"c"', '4'],
  ]);
  expect((await differenceCounts({ before: after, after: before })).get('op')).toEqual({
    added: 1,
    removed: 0,
    changed: 1,
  });
});
