import { BATCH_BYTES_MAX } from '@tidemark/engine';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowance, DEFAULT_BYTES_PER_BATCH, recordsInBatch } from './rate-limit.js';
import { aRequest } from './source.contract.js';

describe('what a rate allows', () => {
  it('comes true over time, however irregular the batches are', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 200 });
    const rates = fc.oneof(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.double({ min: 0.01, max: 1_000_000, noNaN: true }),
    );
    fc.assert(
      fc.property(gaps, rates, (intervals, perSecond) => {
        const startMs = 1_700_000_000_000;
        let batchTimeMs = startMs;
        let records = 0;
        for (const intervalMs of intervals) {
          batchTimeMs += intervalMs;
          records += recordsInBatch(perSecond, { batchTimeMs, intervalMs });
        }
        expect(Math.abs(records - (perSecond * (batchTimeMs - startMs)) / 1_000)).toBeLessThan(1.01);
      }),
    );
  });
});

describe('what a batch may read', () => {
  it('is the least of all limits', () => {
    const request = aRequest(1, { intervalMs: 500, bytesMax: 5_000 });
    expect(allowance({ recordsPerSecond: 20, maxRecordsPerBatch: 4, maxBytesPerBatch: 6_000 }, request)).toEqual({
      records: 4,
      bytes: 5_000,
    });
    expect(allowance({ recordsPerSecond: 20, maxBytesPerBatch: 1_000 }, request)).toEqual({
      records: 10,
      bytes: 1_000,
    });
  });

  it('is 8 MiB where nothing is said', () => {
    expect(allowance({}, aRequest(1, { bytesMax: BATCH_BYTES_MAX }))).toEqual({
      records: Infinity,
      bytes: DEFAULT_BYTES_PER_BATCH,
    });
  });
});
