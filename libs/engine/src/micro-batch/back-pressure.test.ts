import { DEFAULT_BACK_PRESSURE } from '@tidemark/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackPressureLimiter, nextRate, type BatchMeasure } from './back-pressure.js';

const INTERVAL_MS = 500;
const aBatch = (more: Partial<BatchMeasure> = {}): BatchMeasure => ({
  atMs: 1_000,
  bytes: 1_000_000,
  processingMs: 1_000,
  schedulingDelayMs: 0,
  saturatedSources: 1,
  ...more,
});

describe('the rate', () => {
  it('begins as what the first batch was worked off at', () => {
    expect(nextRate(DEFAULT_BACK_PRESSURE, INTERVAL_MS, undefined, aBatch({ processingMs: 250 }))).toEqual({
      bytesPerSecond: 4_000_000,
      error: 0,
      atMs: 1_000,
    });
  });

  it('follows the three terms of the controller', () => {
    const weights = { proportional: 0.5, integral: 0.1, derivative: 0.01, bytesPerSecondMin: 1 };
    const before = { bytesPerSecond: 3_000_000, error: 500_000, atMs: 1_000 };
    const next = nextRate(weights, INTERVAL_MS, before, aBatch({ atMs: 3_000, schedulingDelayMs: 250 }));

    // Worked off at 1 MB/s: 2 MB/s too much; half an interval of it has piled up; the error grew by 1.5 MB/s in 2 s.
    expect(next?.error).toBe(2_000_000);
    expect(next?.bytesPerSecond).toBe(3_000_000 - 0.5 * 2_000_000 - 0.1 * 500_000 - 0.01 * 750_000);
  });

  it('never goes below its least', () => {
    const rate = nextRate(DEFAULT_BACK_PRESSURE, INTERVAL_MS, undefined, aBatch({ bytes: 1 }));
    expect(rate?.bytesPerSecond).toBe(DEFAULT_BACK_PRESSURE.bytesPerSecondMin);
  });

  it.each([
    ['no bytes', { atMs: 2_000, bytes: 0 }],
    ['no time', { atMs: 2_000, processingMs: 0 }],
    ['a clock that stands still', { atMs: 1_000 }],
  ])('is not changed by a batch with %s', (_name, batch) => {
    const before = { bytesPerSecond: 3_000_000, error: 0, atMs: 1_000 };
    expect(nextRate(DEFAULT_BACK_PRESSURE, INTERVAL_MS, before, aBatch(batch))).toBe(before);
  });
});

describe('the limit on what a batch reads', () => {
  it('does not exist while batches are in time, however fast or slow they are', () => {
    const limiter = new BackPressureLimiter(DEFAULT_BACK_PRESSURE, INTERVAL_MS);
    limiter.note(aBatch({ processingMs: INTERVAL_MS }));
    limiter.note(aBatch({ atMs: 2_000, bytes: 10, processingMs: 499 }));
    expect(limiter.bytesPerBatch).toBeUndefined();
    expect(limiter.bytesPerSource).toBe(Infinity);
  });

  it('does not exist for a job that wants none', () => {
    const limiter = new BackPressureLimiter(false, INTERVAL_MS);
    limiter.note(aBatch({ processingMs: 60_000 }));
    expect(limiter.bytesPerBatch).toBeUndefined();
  });

  it('begins with the first batch that takes longer, and ends with one that got all that was there', () => {
    const limiter = new BackPressureLimiter(DEFAULT_BACK_PRESSURE, INTERVAL_MS);
    limiter.note(aBatch({ processingMs: 1_000 }));
    expect(limiter.bytesPerBatch).toBe(500_000);
    limiter.note(aBatch({ atMs: 2_000, bytes: 500_000, processingMs: 500 }));
    expect(limiter.bytesPerBatch).toBe(500_000);
    limiter.note(aBatch({ atMs: 2_500, bytes: 1_000, processingMs: 1, saturatedSources: 0 }));
    expect(limiter.bytesPerBatch).toBeUndefined();
  });

  it('leaves a batch enough to be worth its cost, however short the interval and slow its sinks', () => {
    const limiter = new BackPressureLimiter(DEFAULT_BACK_PRESSURE, 10);
    for (let batch = 1; batch <= 20; batch += 1) {
      limiter.note(aBatch({ atMs: batch * 30, bytes: 30_000, processingMs: 30, schedulingDelayMs: batch * 20 }));
    }
    expect(limiter.bytesPerBatch).toBe(65_536);
  });

  it('is shared by the sources that have more to give', () => {
    const limiter = new BackPressureLimiter(DEFAULT_BACK_PRESSURE, INTERVAL_MS);
    limiter.note(aBatch({ saturatedSources: 4 }));
    expect(limiter.bytesPerSource).toBe(125_000);
  });

  it('brings a backlog within the interval in a few batches, and keeps it there', () => {
    const aJob = fc.record({
      bytesPerMs: fc.integer({ min: 200, max: 100_000 }),
      overheadMs: fc.integer({ min: 0, max: 100 }),
    });
    fc.assert(
      fc.property(aJob, ({ bytesPerMs, overheadMs }) => {
        const limiter = new BackPressureLimiter(DEFAULT_BACK_PRESSURE, INTERVAL_MS);
        let atMs = 0;
        const took: number[] = [];
        for (let batch = 0; batch < 20; batch += 1) {
          const bytes = Math.min(64_000_000, limiter.bytesPerSource);
          const processingMs = Math.ceil(overheadMs + bytes / bytesPerMs);
          atMs += Math.max(INTERVAL_MS, processingMs);
          took.push(processingMs);
          limiter.note(aBatch({ atMs, bytes, processingMs, schedulingDelayMs: 0 }));
        }
        const settled = took.slice(10);
        expect(Math.max(...settled)).toBeLessThanOrEqual(INTERVAL_MS + 2);
        expect(Math.min(...settled)).toBeGreaterThan(INTERVAL_MS * 0.9);
      }),
    );
  });
});
