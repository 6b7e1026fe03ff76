import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { METRICS } from './metric-catalogue.js';
import { count, measure, observe } from './metrics.js';
import { RecordedMetrics } from './testing.js';

let recorded: RecordedMetrics;
beforeEach(() => {
  recorded = RecordedMetrics.start();
});
afterEach(() => recorded.stop());

describe('a metric', () => {
  it('is counted by its attributes, under their public names', async () => {
    count(METRICS.recordsDropped, { dropReason: 'late' }, 2);
    count(METRICS.recordsDropped, { dropReason: 'late' });
    count(METRICS.recordsDropped, { dropReason: 'skipped' }, 5);

    expect(await recorded.of(METRICS.recordsDropped)).toEqual([
      { attributes: { 'tidemark.record.drop_reason': 'late' }, value: 3 },
      { attributes: { 'tidemark.record.drop_reason': 'skipped' }, value: 5 },
    ]);
  });

  it('is measured, in sum and number', async () => {
    measure(METRICS.batchDuration, {}, 0.25);
    measure(METRICS.batchDuration, {}, 0.5);

    expect(await recorded.of(METRICS.batchDuration)).toEqual([{ attributes: {}, value: 0.75, times: 2 }]);
  });

  it.each([NaN, Infinity, -1])('keeps its sum when it is given %s', async (spoilt) => {
    count(METRICS.recordsRead, {}, 3);
    count(METRICS.recordsRead, {}, spoilt);
    measure(METRICS.batchDelay, {}, spoilt);

    expect(await recorded.of(METRICS.recordsRead)).toEqual([{ attributes: {}, value: 3 }]);
    expect(await recorded.of(METRICS.batchDelay)).toEqual([]);
  });

  it('never carries what is not of its attributes, or not of their values', async () => {
    const smuggled = { tenantId: 'tnt_1', errorType: 'Error: card 4111 1111 was refused' };
    count(METRICS.checkpointsFailed, smuggled as unknown as { readonly errorType: 'store_full' });

    expect(await recorded.of(METRICS.checkpointsFailed)).toEqual([
      { attributes: { 'error.type': '_OTHER' }, value: 1 },
    ]);
  });
});

describe('a gauge', () => {
  it('is asked for when metrics are read, and not after it was stopped', async () => {
    let jobs = 2;
    const stop = observe(METRICS.jobsOwned, () => Promise.resolve([[jobs, {}]]));
    expect(await recorded.of(METRICS.jobsOwned)).toEqual([{ attributes: {}, value: 2 }]);

    jobs = 1;
    expect(await recorded.of(METRICS.jobsOwned)).toEqual([{ attributes: {}, value: 1 }]);

    stop();
    jobs = 7;
    expect(await recorded.of(METRICS.jobsOwned)).toEqual([{ attributes: {}, value: 1 }]);
  });

  it('keeps no other metric from being read when it cannot be', async () => {
    observe(METRICS.jobs, () => Promise.reject(new Error('no database')));
    count(METRICS.batchesCommitted, {});

    expect(await recorded.of(METRICS.batchesCommitted)).toEqual([{ attributes: {}, value: 1 }]);
    expect(await recorded.of(METRICS.jobs)).toEqual([]);
  });

  it('is never asked for where nothing is recorded', async () => {
    await recorded.stop();
    let asked = 0;
    const stop = observe(METRICS.jobsOwned, () => Promise.resolve([[(asked += 1), {}]]));
    recorded = RecordedMetrics.start();

    await recorded.of(METRICS.jobsOwned);
    stop();
    expect(asked).toBe(0);
  });
});
