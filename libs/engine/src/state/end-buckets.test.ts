import { expect, it } from 'vitest';
import { EndBuckets } from './end-buckets.js';

it('gives out what has ended once, however often it was put in', () => {
  const ends = new EndBuckets(10, false);
  for (const [id, endMs] of [
    [1, 0],
    [1, 9],
    [2, 5],
    [300, 9.5],
    [1, 10],
  ] as const) {
    ends.add(id, endMs);
  }
  expect(ends.takeBefore(9)).toEqual([]);
  expect(ends.takeBefore(10)).toEqual([1, 2, 300]);
  expect(ends.takeBefore(19)).toEqual([]);
  expect(ends.takeBefore(20)).toEqual([1]);
  expect(ends.takeBefore(1_000)).toEqual([]);
});

it('gives out a bucket as soon as something in it may have ended, if that is asked for', () => {
  const ends = new EndBuckets(10, true);
  ends.add(1, 12);
  expect(ends.takeBefore(10)).toEqual([]);
  expect(ends.isTaken(12, 11)).toBe(true);
  expect(ends.takeBefore(11)).toEqual([1]);
});
