import {
  count,
  defineJob,
  everyBatch,
  files,
  globalWindow,
  session,
  toLog,
  tumbling,
  type GlobalWindow,
  type TimeWindows,
  type WindowByOptions,
} from '@tidemark/streams';
import { describe, expect, it } from 'vitest';
import { testJob } from './index.js';

const totals = (options: WindowByOptions, windows: TimeWindows | GlobalWindow = tumbling('1 s')) =>
  defineJob({ name: 'test', batchInterval: '1 s' }, (job) => {
    job
      .source('in', files<{ readonly key: string; readonly t: number }>({ path: 'in' }))
      .eventTime('time', { timestamp: 't', outOfOrderness: 0 })
      .keyBy('key')
      .windowBy(windows as TimeWindows, {
        ...(windows.kind === 'global' ? {} : { allowedLateness: '1 min' }),
        ...options,
      })
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

  it.each<[string, TimeWindows | GlobalWindow, WindowByOptions]>([
    ['a window that has ended', tumbling('1 s'), {}],
    ['a window that has not', tumbling('10 s'), { trigger: everyBatch() }],
    ['a session', session('20 s'), { trigger: everyBatch() }],
    ['the global window', globalWindow(), { trigger: everyBatch() }],
  ])(
    'give no more what has been in a result of %s, when results are discarded from now on',
    async (_, windows, rules) => {
      const job = testJob(totals(rules, windows));
      job.add('in', [
        { key: 'a', t: 500 },
        { key: 'a', t: 600 },
      ]);
      await job.batch();
      job.add('in', [{ key: 'z', t: 5_000 }]);
      await job.batch();

      const discarding = totals({ ...rules, afterResult: 'discard' }, windows);
      await job.restart(discarding);
      job.add('in', [{ key: 'a', t: 700 }]);
      expect((await job.batch())['out']).toEqual([['a', { n: 1 }]]);
      await job.restart(discarding);
      job.add('in', [{ key: 'a', t: 800 }]);
      expect((await job.batch())['out']).toEqual([['a', { n: 1 }]]);
    },
  );

  it('give what has been in no result yet, when results are discarded from now on', async () => {
    const job = testJob(totals({}, tumbling('10 s')));
    job.add('in', [{ key: 'a', t: 500 }]);
    await job.batch();
    await job.restart(totals({ afterResult: 'discard' }, tumbling('10 s')));
    job.add('in', [
      { key: 'a', t: 700 },
      { key: 'a', t: 11_000 },
    ]);
    expect((await job.batch())['out']).toEqual([['a', { n: 2 }]]);
  });
});
