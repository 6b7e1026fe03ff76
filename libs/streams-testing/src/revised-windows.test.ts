import { count, defineJob, everyBatch, files, toLog, tumbling, type WindowByOptions } from '@tidemark/streams';
import { describe, expect, it } from 'vitest';
import { testJob } from './index.js';

const totals = (options: WindowByOptions) =>
  defineJob({ name: 'test', batchInterval: '1 s' }, (job) => {
    job
      .source('in', files<{ readonly key: string; readonly t: number }>({ path: 'in' }))
      .eventTime('time', { timestamp: 't', outOfOrderness: 0 })
      .keyBy('key')
      .windowBy(tumbling('1 s'), { allowedLateness: '1 min', ...options })
      .aggregate('totals', { n: count() })
      .to('out', toLog());
  });

describe('windows of a job that is revised', () => {
  it.each<[string, WindowByOptions]>([
    ['a trigger', { trigger: everyBatch() }],
    ['results that are discarded', { afterResult: 'discard' }],
  ])('give late records again when %s is taken away', async (_, before) => {
    const job = testJob(totals(before));
    job.add('in', [{ key: 'a', t: 500 }]);
    await job.batch();
    job.add('in', [{ key: 'z', t: 5_000 }]);
    await job.batch();

    await job.restart(totals({}));
    job.add('in', [{ key: 'a', t: 600 }]);
    const { out } = await job.batch();
    // What was discarded is gone; what comes late is not.
    expect(out).toEqual([['a', { n: before.afterResult === 'discard' ? 1 : 2 }]]);
  });
});
