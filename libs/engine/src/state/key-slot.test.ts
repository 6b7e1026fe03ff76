import { expect, it } from 'vitest';
import { KEY_SLOTS } from '@tidemark/domain';
import { keyHash, keySlot } from './key-slot.js';

/** Computed by another program from the description in the file. They may never change. */
const VECTORS: readonly (readonly [key: unknown, hash: number, slot: number])[] = [
  ['', 3661886745, 25],
  ['a', 921681762, 98],
  [1, 1428125071, 15],
  [0, 1693486945, 97],
  [-1.5, 2760114201, 25],
  [true, 1715307617, 97],
  [false, 4275523303, 103],
  ['é', 2687717264, 16],
  ['日本', 1434391304, 8],
  ['😀', 3454777523, 51],
  ['\ud800', 4069475912, 72],
  ['a"b\\', 1800315787, 11],
  ['\n', 1927093839, 79],
  [null, 2827039351, 119],
];

it.each(VECTORS)('files the key %j where it has always been', (key, hash, slot) => {
  const text = JSON.stringify(key);
  expect([keyHash(text), keySlot(text)]).toEqual([hash, slot]);
});

it('spreads numbered keys evenly over the slots', () => {
  const perSlot = new Array<number>(KEY_SLOTS).fill(0);
  for (let i = 0; i < KEY_SLOTS * 100; i += 1) {
    const slot = keySlot(`"user-${i}"`);
    perSlot[slot] = (perSlot[slot] ?? 0) + 1;
  }
  expect(Math.min(...perSlot)).toBeGreaterThan(60);
  expect(Math.max(...perSlot)).toBeLessThan(150);
});
