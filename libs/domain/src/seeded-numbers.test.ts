import { expect, it } from 'vitest';
import { seededNumbers } from './seeded-numbers.js';

it('gives the numbers of mulberry32, the same for the same seed', () => {
  const firstOf = (seed: number): readonly number[] => {
    const next = seededNumbers(seed);
    return [next(), next(), next()];
  };
  expect(firstOf(1)).toEqual(firstOf(1 + 2 ** 32));
  expect(firstOf(1)).not.toEqual(firstOf(2));
  expect(firstOf(1)).toEqual([2_693_262_067, 11_749_833, 2_265_367_787]);
});
