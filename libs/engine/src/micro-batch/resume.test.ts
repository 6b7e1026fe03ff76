import type { BatchPlan, LoggedBatch, SourceRanges } from '@tidemark/domain';
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

describe('the log after a checkpoint', () => {
  const logged = (batchId: number, committed: boolean): LoggedBatch => {
    const from = 10 * (batchId - 4);
    const plan = { ...aPlan(lines('a', from, from + 10)), batchId, batchTimeMs: 500 * batchId };
    return { plan, nextOffsets: committed ? { lines: { a: from + 10 } } : undefined };
  };
  const kindsOf = (...log: LoggedBatch[]) => decideResume(before, log).map(({ kind }) => kind);

  it('is rebuilt as far as it is committed, and finished where it is only planned', () => {
    expect(kindsOf(logged(5, true), logged(6, true))).toEqual(['rebuild', 'rebuild']);
    expect(kindsOf(logged(5, true), logged(6, false))).toEqual(['rebuild', 'finish']);
    expect(kindsOf(logged(5, true), logged(6, false), logged(7, false))).toEqual(['rebuild', 'finish', 'finish']);
  });

  it('is refused if it has a commit after an open plan, or more open plans than a run ever has', () => {
    expect(() => kindsOf(logged(5, false), logged(6, true))).toThrow('batch 6 was committed while batch 5 is not');
    expect(() => kindsOf(logged(5, false), logged(6, false), logged(7, false))).toThrow(
      'batch 7 was planned while batches 5 and 6 are not committed',
    );
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
