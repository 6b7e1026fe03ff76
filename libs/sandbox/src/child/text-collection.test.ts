import { beforeEach, describe, expect, it } from 'vitest';
import { TextCollection } from './text-collection.js';

const MIB = 1024 * 1024;
const COLLECTION_MS = 4;

let nowMs = 0;
let collected = 0;
let heapBytes = 0;
let texts: TextCollection;
beforeEach(() => {
  nowMs = 0;
  collected = 0;
  heapBytes = MIB;
  texts = new TextCollection(
    () => {
      collected += 1;
      nowMs += COLLECTION_MS;
    },
    () => heapBytes,
    () => nowMs,
  );
});

const afterBatches = (count: number, { chars, everyMs }: { chars: number; everyMs: number }): number => {
  for (let batch = 0; batch < count; batch += 1) {
    texts.add(chars);
    nowMs += everyMs;
    texts.collectIfDue();
  }
  return collected;
};

describe('text that an isolate was given', () => {
  it('is left until there is so much of it that a collection is worth it', () => {
    expect(afterBatches(7, { chars: MIB / 8, everyMs: 1_000 })).toBe(0);
    expect(afterBatches(1, { chars: MIB / 8, everyMs: 1_000 })).toBe(1);
    expect(afterBatches(80, { chars: MIB / 8, everyMs: 1_000 })).toBe(11);
  });

  it('is left for longer where much state has to be gone through for it', () => {
    heapBytes = 256 * MIB;
    expect(afterBatches(63, { chars: MIB, everyMs: 1_000 })).toBe(0);
    expect(afterBatches(1, { chars: MIB, everyMs: 1_000 })).toBe(1);
  });

  it('costs a fiftieth of the time at most, however much comes', () => {
    afterBatches(10_000, { chars: 8 * MIB, everyMs: 10 });
    expect((collected * COLLECTION_MS) / nowMs).toBeLessThanOrEqual(1 / 50);
    expect((collected * COLLECTION_MS) / nowMs).toBeGreaterThan(1 / 60);
  });
});
