import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare, type Row } from './compare.js';

const row = fc.record({ auction: fc.integer({ min: 0, max: 9 }), price: fc.integer({ min: 0, max: 3 }) });
const rows = fc.array(row, { maxLength: 30 });

describe('comparing what a job wrote with an answer', () => {
  it('of appended rows, does not look at their order, nor at that of their columns', () => {
    fc.assert(
      fc.property(
        rows.chain((answer) =>
          fc.tuple(fc.constant(answer), fc.shuffledSubarray(answer, { minLength: answer.length })),
        ),
        ([answer, written]) => {
          const turned = written.map(({ auction, price }) => ({ price, auction }));
          expect(compare('q2', turned, answer)).toMatchObject({ equal: true, missing: [], unexpected: [] });
        },
      ),
    );
  });

  it('of appended rows, counts how often each occurs', () => {
    fc.assert(
      fc.property(rows, row, (answer, extra) => {
        const more = [extra, ...answer];
        expect(compare('q2', more, answer)).toMatchObject({ equal: false, missing: [], unexpected: [extra] });
        expect(compare('q2', answer, more)).toMatchObject({ equal: false, missing: [extra], unexpected: [] });
      }),
    );
  });

  it('of rows by key, takes the last one of each key', () => {
    const written = [won(7, 100), won(8, 50), won(7, 300)];
    expect(compare('q4', written, [won(8, 50), won(7, 300)])).toEqual({
      equal: true,
      expectedRows: 2,
      rows: 2,
      missing: [],
      unexpected: [],
    });
    expect(compare('q4', [...written, won(7, 100)], [won(8, 50), won(7, 300)])).toMatchObject({
      equal: false,
      missing: [won(7, 300)],
      unexpected: [won(7, 100)],
    });
  });

  it('tells keys of several columns apart', () => {
    const written: Row[] = [
      { auction: 1, rank: 1, price: 5 },
      { auction: 1, rank: 2, price: 4 },
    ];
    expect(compare('q19', written, written)).toMatchObject({ equal: true, rows: 2 });
  });

  it.each<[string, Row]>([
    ['a number that is a text', { auction: '1', price: 2 }],
    ['a column too few', { auction: 1 }],
    ['a column too many', { auction: 1, price: 2, bidder: 3 }],
    ['no value', { auction: 1, price: null }],
  ])('refuses a row with %s', (_what, wrong) => {
    expect(compare('q2', [wrong], [{ auction: 1, price: 2 }])).toMatchObject({ equal: false, unexpected: [wrong] });
  });

  it('shows some of many differences', () => {
    const answer = Array.from({ length: 1_000 }, (_, auction) => ({ auction, price: 1 }));
    const { equal, expectedRows, missing } = compare('q2', [], answer);
    expect({ equal, expectedRows, shown: missing.length }).toEqual({ equal: false, expectedRows: 1_000, shown: 20 });
  });
});

const won = (category: number, avgPrice: number): Row => ({ category, avgPrice });
