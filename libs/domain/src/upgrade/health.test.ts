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
  ...{ processingMs: 40, recordsIn: 1_000, recordsSkipped: 0, recordsRedriven: 0, stateRows: 20_000 },
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

  it('is not undone by a few bad lines where there are few lines: fewer than 100 count as 100', () => {
    const oneOfThree = aBatch({ recordsIn: 3, recordsSkipped: 1 });
    expect(outcomesOf(Array.from({ length: 5 }, () => oneOfThree)).at(-1)).toBe('healthy');
    expect(outcomesOf([aBatch({ recordsIn: 10, recordsSkipped: 10 })])).toEqual(['on_probation']);
    expect(outcomesOf([aBatch({ recordsIn: 11, recordsSkipped: 11 })])).toEqual(['unhealthy']);
  });

  it('is unhealthy when it skips too much of many small batches together', () => {
    const half = aBatch({ recordsIn: 12, recordsSkipped: 6 });
    expect(new HealthWatch(aProbation(), 200).note(half).outcome).toBe('on_probation');
    const watch = new HealthWatch(aProbation(), 200);
    watch.note(half);
    expect(watch.note(half)).toEqual({
      outcome: 'unhealthy',
      reason: 'it skipped 12 of 24 records as unreadable',
    });
  });

  it('is judged by what it does now, not by what many batches before it did well', () => {
    const bad = aBatch({ recordsIn: 100, recordsSkipped: 11 });
    const limits = healthLimits({ ...DEFAULT_HEALTH, batches: 100 });
    expect(outcomesOf([aBatch(), aBatch(), bad], aProbation({ limits })).at(-1)).toBe('unhealthy');
  });

  it('is unhealthy when it takes nothing of three batches, and no batch makes it healthy before it has taken one', () => {
    const lost = aBatch({ recordsIn: 1, recordsSkipped: 1 });
    const empty = aBatch({ recordsIn: 0 });
    const taken = aBatch({ recordsIn: 1 });
    const twice = [empty, empty, empty, empty, lost, empty, empty, lost];
    expect(outcomesOf([...twice, empty, lost]).at(-1)).toBe('unhealthy');
    expect(outcomesOf([...twice, empty]).at(-1)).toBe('on_probation');
    expect(outcomesOf([...twice, taken]).at(-1)).toBe('healthy');
    const limits = healthLimits({ ...DEFAULT_HEALTH, skipped: 1 });
    expect(outcomesOf([lost, lost, lost, lost, lost], aProbation({ limits })).at(-1)).toBe('healthy');
  });

  it('may be told to skip nothing at all', () => {
    const limits = healthLimits({ ...DEFAULT_HEALTH, skipped: 0 });
    const one = aBatch({ recordsIn: 3, recordsSkipped: 1 });
    expect(outcomesOf([one], aProbation({ limits }))).toEqual(['unhealthy']);
  });

  it('is not slow for what it reads again from dead letters', () => {
    const slow = aBatch({ processingMs: 400 });
    const redriving = aBatch({ processingMs: 400, recordsRedriven: 1 });
    expect(outcomesOf([redriving, redriving, slow])).not.toContain('unhealthy');
    expect(outcomesOf([slow, redriving, slow]).at(-1)).toBe('unhealthy');
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
