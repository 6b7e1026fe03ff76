import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTEMPTS_MAX, decideRetry } from './retry.js';

const aChance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('a job whose run ended badly', () => {
  it('starts at once on another runner when its runner was lost, the first times', () => {
    expect([1, 2, 3].map((attempts) => decideRetry('runner_lost', attempts, 0.5))).toEqual(
      Array(3).fill({ kind: 'at', delayMs: 0 }),
    );
    expect(decideRetry('runner_lost', 4, 0.5)).toMatchObject({ kind: 'at' });
    expect(decideRetry('runner_lost', 4, 0.5)).not.toEqual({ kind: 'at', delayMs: 0 });
  });

  it('L5: waits longer each time, never in step with others, and not for more than a minute', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), aChance, aChance, (attempts, a, b) => {
        const [one, other] = [
          decideRetry('outside_unavailable', attempts, a),
          decideRetry('outside_unavailable', attempts, b),
        ];
        if (one.kind !== 'at' || other.kind !== 'at') throw new Error('it was given up');
        const ceilingMs = Math.min(60_000, 500 * 2 ** (attempts - 1));
        for (const { delayMs } of [one, other]) {
          expect(delayMs).toBeGreaterThanOrEqual(Math.floor(ceilingMs / 2));
          expect(delayMs).toBeLessThanOrEqual(ceilingMs);
        }
      }),
    );
    expect(decideRetry('run_failed', 5, 0)).not.toEqual(decideRetry('run_failed', 5, 0.9));
  });

  it('R27: is given up when it keeps failing, not before, and never for what lies outside', () => {
    for (let attempts = 1; attempts < ATTEMPTS_MAX; attempts += 1) {
      expect(decideRetry('run_failed', attempts, 0.5)).toMatchObject({ kind: 'at' });
      expect(decideRetry('runner_lost', attempts, 0.5)).toMatchObject({ kind: 'at' });
    }
    expect(decideRetry('run_failed', ATTEMPTS_MAX, 0.5)).toEqual({ kind: 'give_up' });
    expect(decideRetry('runner_lost', ATTEMPTS_MAX, 0.5)).toEqual({ kind: 'give_up' });
    expect(decideRetry('outside_unavailable', ATTEMPTS_MAX, 0.5)).toMatchObject({ kind: 'at' });
  });
});
