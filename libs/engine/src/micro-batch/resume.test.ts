import type { BatchPlan, SourceRanges } from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import { assertFollows, decideResume, positionAfter, sameRanges, type Position } from './resume.js';

const before: Position = { timeline: 1, batchId: 4, batchTimeMs: 2_000, offsets: { lines: { a: 10 } } };
const aPlan = (ranges: SourceRanges, skipped?: SourceRanges): BatchPlan => ({
  timeline: 1,
  batchId: 5,
  batchTimeMs: 2_500,
  ranges,
  skipped,
});
const lines = (partition: string, from: number, to: number): SourceRanges => ({ lines: { [partition]: { from, to } } });

describe('a plan that passes over input', () => {
  it('reads on where that ends', () => {
    const plan = aPlan(lines('a', 90, 95), lines('a', 10, 90));
    expect(() => {
      assertFollows(before, plan);
    }).not.toThrow();
    expect(positionAfter(before, plan).offsets).toEqual({ lines: { a: 95 } });
  });

  it('moves the offsets by what it passes over alone, also of a partition that was never seen', () => {
    const plan = aPlan({}, { lines: { a: { from: 10, to: 90 }, b: { from: 0, to: 7 } } });
    expect(positionAfter(before, plan).offsets).toEqual({ lines: { a: 90, b: 7 } });
  });

  it.each([
    ['passes over what was read', aPlan({}, lines('a', 9, 90)), 'from 9, but it was read up to 10'],
    ['leaves a gap before what it passes over', aPlan({}, lines('a', 11, 90)), 'from 11, but'],
    ['leaves a gap behind it', aPlan(lines('a', 91, 95), lines('a', 10, 90)), 'from 91, but it was read up to 90'],
    ['reads what it passes over', aPlan(lines('a', 10, 95), lines('a', 10, 90)), 'from 10, but it was read up to 90'],
    ['goes backwards', aPlan({}, lines('a', 10, 9)), 'has the range 10 to 9'],
  ])('is refused if it %s', (_name, plan, says) => {
    expect(() => {
      assertFollows(before, plan);
    }).toThrow(says);
  });

  it('is run again like any other', () => {
    const plan = aPlan(lines('a', 90, 95), lines('a', 10, 90));
    expect(decideResume(before, [{ plan, nextOffsets: { lines: { a: 95 } } }])).toEqual([{ kind: 'rebuild', plan }]);
    expect(() => decideResume(before, [{ plan, nextOffsets: { lines: { a: 90 } } }])).toThrow('not those of its plan');
  });
});

describe('two choices of ranges', () => {
  it('are the same only if they name the same partitions, positions and objects', () => {
    const range = { from: 1, to: 2, held: 'x' };
    expect(sameRanges({ a: range, b: range }, { b: { ...range }, a: { ...range } })).toBe(true);
    for (const other of [
      { ...range, from: 0 },
      { ...range, to: 3 },
      { ...range, held: 'y' },
    ]) {
      expect(sameRanges({ a: range }, { a: other })).toBe(false);
    }
    expect(sameRanges({ a: range }, { b: range })).toBe(false);
    expect(sameRanges({ a: range }, { a: range, b: range })).toBe(false);
    expect(sameRanges({}, {})).toBe(true);
  });
});
