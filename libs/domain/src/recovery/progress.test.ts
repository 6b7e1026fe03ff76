import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { furthest, isAhead, type Progress } from './progress.js';

const at = (timeline: number, batchId: number, epoch = 1): Progress => ({ epoch, timeline, batchId });
const progress = fc.record({
  epoch: fc.nat({ max: 4 }),
  timeline: fc.integer({ min: 1, max: 4 }),
  batchId: fc.nat({ max: 4 }),
});

describe('what was seen of a job', () => {
  it.each([
    ['a later batch of the timeline', at(1, 8), at(1, 7), true],
    ['a later timeline, whatever its batch', at(2, 3), at(1, 7), true],
    ['a later epoch, of a batch that is known', at(1, 5, 2), at(1, 7, 1), true],
    ['the last batch', at(1, 7), at(1, 7), false],
    ['a batch of a timeline that was left', at(1, 90), at(2, 7), false],
    ['an epoch that is over', at(1, 7, 1), at(1, 7, 4), false],
  ])('is ahead of what is known, or not: %s', (_, seen, known, expected) => {
    expect(isAhead(seen, known)).toBe(expected);
  });

  it('is never ahead of what it is a part of', () => {
    fc.assert(
      fc.property(progress, progress, (one, other) => {
        const both = furthest(one, other);
        expect([isAhead(one, both), isAhead(other, both)]).toEqual([false, false]);
        expect(isAhead(both, one) || isAhead(both, other)).toBe(isAhead(one, other) || isAhead(other, one));
      }),
    );
  });
});
