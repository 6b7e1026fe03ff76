import { describe, expect, it } from 'vitest';
import type { CheckpointId } from '../ids.js';
import { DEFAULT_HEALTH, HealthWatch, healthLimits, usualOf, type Probation, type WatchedBatch } from './health.js';

const aProbation = (more: Partial<Probation> = {}): Probation => ({
  revision: 2,
  limits: healthLimits(DEFAULT_HEALTH),
  before: { processingMs: 40, msPerRecord: 0.04 },
  stateRows: 20_000,
  back: { revision: 1, checkpointId: 'ckp_1' as CheckpointId },
  ...more,
});
const aBatch = (more: Partial<WatchedBatch> = {}): WatchedBatch => ({
  ...{ processingMs: 40, recordsIn: 1_000, recordsSkipped: 0, stateRows: 20_000 },
  ...more,
});
const outcomesOf = (
  batches: readonly WatchedBatch[],
  probation = aProbation(),
  intervalMs = 200,
): readonly string[] => {
  const watch = new HealthWatch(probation, intervalMs);
  return batches.map((batch) => watch.note(batch).outcome);
};

describe('a revision on probation', () => {
  it('is healthy after as many batches within its limits as it was told', () => {
    const outcomes = outcomesOf(
      Array.from({ length: 3 }, () => aBatch()),
      aProbation({ limits: healthLimits({ ...DEFAULT_HEALTH, batches: 3 }) }),
    );
    expect(outcomes).toEqual(['on_probation', 'on_probation', 'healthy']);
  });

  it('is unhealthy when two batches in a row are many times slower, and not for one', () => {
    const slow = aBatch({ processingMs: 200 });
    expect(outcomesOf([slow, aBatch(), slow, slow])).toEqual([
      'on_probation',
      'on_probation',
      'on_probation',
      'unhealthy',
    ]);
  });

  it('is not slow for catching up, for few records, or by a few milliseconds', () => {
    const catchingUp = aBatch({ processingMs: 400, recordsIn: 10_000 });
    const few = aBatch({ processingMs: 20, recordsIn: 1 });
    expect(outcomesOf([catchingUp, catchingUp, few, few])).not.toContain('unhealthy');
    const fast = aProbation({ before: { processingMs: 2, msPerRecord: 0.002 } });
    expect(outcomesOf([aBatch(), aBatch()], fast)).not.toContain('unhealthy');
  });

  it('is not slow while it takes less than half of its interval, as on a machine that is busy for a moment', () => {
    const slow = aBatch({ processingMs: 200 });
    expect(outcomesOf([slow, slow], aProbation(), 400)).not.toContain('unhealthy');
    expect(outcomesOf([slow, slow], aProbation(), 399)).toContain('unhealthy');
  });

  it('is unhealthy when its state explodes', () => {
    expect(new HealthWatch(aProbation(), 200).note(aBatch({ stateRows: 200_001 }))).toEqual({
      outcome: 'unhealthy',
      reason: 'its state has 200001 rows, and it took over 20000',
    });
    expect(outcomesOf([aBatch({ stateRows: 99_000 })], aProbation({ stateRows: 0 }))).toEqual(['on_probation']);
  });

  it('is unhealthy when it cannot read what came before', () => {
    expect(outcomesOf([aBatch({ recordsSkipped: 100 }), aBatch({ recordsSkipped: 101 })])).toEqual([
      'on_probation',
      'unhealthy',
    ]);
  });

  it('is held to the limits of its own configuration', () => {
    const limits = healthLimits({ batches: 2, slowdown: 10, growth: 2, skipped: 1 });
    const watched = (batch: Partial<WatchedBatch>): readonly string[] =>
      outcomesOf([aBatch(batch), aBatch(batch)], aProbation({ limits }));
    expect(watched({ processingMs: 400, recordsSkipped: 1_000, stateRows: 40_000 })).toEqual([
      'on_probation',
      'healthy',
    ]);
    expect(watched({ processingMs: 401 })).toEqual(['on_probation', 'unhealthy']);
    expect(watched({ stateRows: 40_001 })).toContain('unhealthy');
  });

  it('is not held to a speed where nothing ran before it', () => {
    const slow = aBatch({ processingMs: 10_000 });
    expect(outcomesOf([slow, slow], aProbation({ before: undefined }))).not.toContain('unhealthy');
    expect(usualOf([])).toBeUndefined();
  });
});
