import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkpointStretch, stretchedIntervalMs } from './retention.js';

describe('checkpoints of a tenant that is over its limit', () => {
  it('are as frequent as configured up to the limit itself', () => {
    expect(checkpointStretch({ bytes: 100, quotaBytes: 100 })).toBe(1);
    expect(checkpointStretch({ bytes: 0, quotaBytes: 0 })).toBe(1);
  });

  it.each([
    [101, 2],
    [199, 2],
    [200, 4],
    [399, 4],
    [400, 8],
    [1_000_000, 8],
  ])('are less frequent the further it is over: %s bytes of 100 stretch %s times', (bytes, stretch) => {
    expect(checkpointStretch({ bytes, quotaBytes: 100 })).toBe(stretch);
  });

  it('never come more often than configured, nor less often than every ten minutes where they did before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 86_400_000 }), fc.constantFrom(1, 2, 4, 8), (intervalMs, stretch) => {
        const stretched = stretchedIntervalMs(intervalMs, stretch);
        expect(stretched).toBeGreaterThanOrEqual(intervalMs);
        expect(stretched).toBeLessThanOrEqual(Math.max(intervalMs, 600_000));
        if (intervalMs * stretch <= 600_000) expect(stretched).toBe(intervalMs * stretch);
      }),
    );
  });
});
