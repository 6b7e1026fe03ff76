import { DEFAULT_FLOW, type Flow } from '@tidemark/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hasMissedTicks,
  idlePollMs,
  IDLE_POLL_MS_MAX,
  msUntilTick,
  nextBatchTime,
  rateWindowMs,
  type JobTiming,
} from './batch-time.js';

const timing = (intervalMs: number, flow: Partial<Flow> = {}): JobTiming => ({ ...DEFAULT_FLOW, ...flow, intervalMs });

describe('the time of a batch', () => {
  it.each([
    ['the first: the newest tick', undefined, 1_234, 1_200],
    ['in time: the tick that has come', 1_200, 1_301, 1_300],
    ['early: the next tick all the same', 1_200, 1_250, 1_300],
    ['late: the newest tick', 1_200, 2_099, 2_000],
    ['after another interval: back on the grid', 1_250, 1_270, 1_300],
    ['a clock that was set back: still later', 1_200, 100, 1_300],
  ])('by an interval, %s', (_name, previousMs, nowMs, expected) => {
    expect(nextBatchTime(timing(100), previousMs, nowMs)).toBe(expected);
  });

  it('by an interval with a batch for each, is the very next tick', () => {
    const each = timing(100, { downtime: 'each' });
    expect(nextBatchTime(each, 1_200, 9_999)).toBe(1_300);
    expect(nextBatchTime(each, undefined, 1_234)).toBe(1_200);
  });

  it.each(['asap', 'available-now', 'once'] as const)('under %s is the clock in whole ms', (trigger) => {
    expect(nextBatchTime(timing(0, { trigger }), 1_200, 1_234.9)).toBe(1_234);
    expect(nextBatchTime(timing(0, { trigger }), undefined, 1_234.9)).toBe(1_234);
  });

  it('always grows, and is on the grid where there is one', () => {
    const aTiming = fc.oneof(
      fc.record({
        intervalMs: fc.integer({ min: 5, max: 5_000 }),
        downtime: fc.constantFrom('coalesce', 'each', 'skip'),
      }),
      fc.record({ intervalMs: fc.constant(0), trigger: fc.constantFrom('asap', 'available-now', 'once') }),
    );
    const aTime = fc.integer({ min: 0, max: 2 ** 42 });
    fc.assert(
      fc.property(aTiming, aTime, aTime, ({ intervalMs, ...flow }, previousMs, nowMs) => {
        const next = nextBatchTime(timing(intervalMs, flow), previousMs, nowMs);
        expect(next).toBeGreaterThan(previousMs);
        if (intervalMs > 0) expect(next % intervalMs).toBe(0);
      }),
    );
  });
});

describe('waiting for a tick', () => {
  it('ends exactly at the tick', () => {
    expect(msUntilTick(timing(5), 1_000, 1_001)).toBe(4);
    expect(msUntilTick(timing(5), 1_000, 1_005)).toBe(0);
    expect(msUntilTick(timing(5), undefined, 1_001)).toBe(0);
  });

  it('never lasts longer than an interval, whatever the clock says', () => {
    expect(msUntilTick(timing(5), 1_000, 3)).toBe(5);
  });

  it('counts a tick as missed once the next one has come too', () => {
    expect(hasMissedTicks(timing(100), 1_200, 1_399)).toBe(false);
    expect(hasMissedTicks(timing(100), 1_200, 1_400)).toBe(true);
    expect(hasMissedTicks(timing(100), undefined, 1_400)).toBe(false);
  });
});

describe('without an interval', () => {
  it('rate limits count the time that has passed, up to a second', () => {
    const asap = timing(0, { trigger: 'asap' });
    expect(rateWindowMs(asap, 1_000, 1_007)).toBe(7);
    expect(rateWindowMs(asap, 1_000, 9_000)).toBe(1_000);
    expect(rateWindowMs(asap, undefined, 9_000)).toBe(1_000);
    expect(rateWindowMs(timing(500), 1_000, 9_000)).toBe(500);
  });

  it('idle sources are looked at ever less often, down to a bound', () => {
    expect([0, 1, 2, 3, 4].map(idlePollMs)).toEqual([0, 1, 2, 4, 8]);
    expect(idlePollMs(1_000)).toBe(IDLE_POLL_MS_MAX);
  });
});
