import type { GraphOutput } from '@tidemark/engine';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareOutput } from './compare-output.js';
import { OutputDifferences } from './output-difference.js';

const output = (sinks: { readonly [sink: string]: readonly unknown[] }): GraphOutput => ({
  sinks: new Map(
    Object.entries(sinks).map(([sink, rows]) => {
      const text = rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join('');
      return [sink, { rows: rows.length, bytes: Buffer.from(text) }];
    }),
  ),
  ...{ recordsIn: 0, recordsSkipped: 0, stateKeys: new Map(), counts: new Map(), skipped: [] },
});

type Rows = readonly unknown[];

/** Batches of the sink "out", as both sides have written them. */
function difference(...batches: readonly (readonly [before: Rows, after: Rows])[]) {
  const found = new OutputDifferences();
  for (const [index, [before, after]] of batches.entries())
    found.add(compareOutput(index + 1, output({ out: before }), output({ out: after })));
  return found.read();
}

const total = (page: string, count: number, first = 1) => ({ page, first, count });

describe('the difference between two outputs', () => {
  it('is none where rows come in another order, or their members do', () => {
    const { sinks, differences } = difference([
      [total('a', 1), total('b', 2), total('b', 2)],
      [total('b', 2), '{"count":1,"first":1,"page":"a"}', total('b', 2)],
    ]);
    expect(differences).toEqual([]);
    expect(sinks).toEqual([{ sink: 'out', before: 3, after: 3, same: 3, changed: 0, added: 0, removed: 0 }]);
  });

  it('counts how often a row is there', () => {
    const { sinks } = difference([[total('a', 1), total('a', 1)], [total('a', 1)]]);
    expect(sinks).toMatchObject([{ same: 1, removed: 1, added: 0 }]);
  });

  it('is told by the key of a keyed operator', () => {
    const { differences } = difference([
      [
        ['a', 1],
        ['b', 1],
        ['c', 1],
      ],
      [
        ['a', 1],
        ['b', 2],
        ['d', 1],
      ],
    ]);
    expect(differences).toEqual([
      { batchId: 1, sink: 'out', change: 'changed', key: 'b', before: ['b', 1], after: ['b', 2] },
      { batchId: 1, sink: 'out', change: 'removed', key: 'c', before: ['c', 1] },
      { batchId: 1, sink: 'out', change: 'added', key: 'd', after: ['d', 1] },
    ]);
  });

  it('is told by the text that tells the rows of each batch apart', () => {
    const { differences } = difference(
      [
        [total('a', 1), total('b', 1)],
        [total('a', 2), total('b', 3)],
      ],
      [[total('a', 4)], [total('a', 5)]],
    );
    expect(differences.map(({ batchId, change, key }) => [batchId, change, key])).toEqual([
      [1, 'changed', { page: 'a' }],
      [1, 'changed', { page: 'b' }],
      [2, 'changed', { page: 'a' }],
    ]);
  });

  it('is told by more than one field where a key has several windows', () => {
    const rows = (count: number) => [
      { page: 'a', windowStartMs: 0, count },
      { page: 'a', windowStartMs: 200, count },
      { page: 'b', windowStartMs: 0, count },
    ];
    const { differences, sinks } = difference([rows(1), rows(2)]);
    expect(sinks).toMatchObject([{ changed: 3, added: 0, removed: 0 }]);
    expect(differences.map(({ key }) => key)).toEqual([
      { page: 'a', windowStartMs: 0 },
      { page: 'a', windowStartMs: 200 },
      { page: 'b', windowStartMs: 0 },
    ]);
  });

  it('does not hold a row against one of another key', () => {
    const { differences } = difference([[total('a', 1)], [total('b', 1)]]);
    expect(differences.map(({ change, key }) => [change, key])).toEqual([
      ['removed', { page: 'a' }],
      ['added', { page: 'b' }],
    ]);
  });

  it('is told line by line where nothing tells rows apart', () => {
    const { differences } = difference([['"to be"'], ['"not to be"', '["x"]']]);
    expect(differences).toEqual([
      { batchId: 1, sink: 'out', change: 'removed', before: 'to be' },
      { batchId: 1, sink: 'out', change: 'added', after: 'not to be' },
      { batchId: 1, sink: 'out', change: 'added', after: ['x'] },
    ]);
  });

  it('has the rows of a sink that only one side has', () => {
    const found = new OutputDifferences();
    found.add(compareOutput(1, output({ old: [['a', 1]] }), output({ new: [['a', 1]] })));
    expect(found.read().sinks).toMatchObject([
      { sink: 'new', before: 0, after: 1, added: 1 },
      { sink: 'old', before: 1, after: 0, removed: 1 },
    ]);
  });

  it('adds up, whatever was written', () => {
    const row = fc.oneof(
      fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 2 })),
      fc.record({ page: fc.constantFrom('a', 'b'), n: fc.integer({ min: 0, max: 2 }) }),
    );
    const rows = fc.array(row, { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.tuple(rows, rows), { maxLength: 3 }), (batches) => {
        const { sinks, differences } = difference(...batches);
        const [{ before, after, same, changed, added, removed } = NONE] = sinks;
        expect([same + changed + removed, same + changed + added]).toEqual([before, after]);
        expect(differences).toHaveLength(changed + added + removed);
        const texts = (side: 0 | 1) => batches.map((batch) => batch[side].map((each) => JSON.stringify(each)).sort());
        const isEqual = JSON.stringify(texts(0)) === JSON.stringify(texts(1));
        expect(differences.length === 0).toBe(isEqual);
      }),
    );
  });
});

const NONE = { sink: 'out', before: 0, after: 0, same: 0, changed: 0, added: 0, removed: 0 };
