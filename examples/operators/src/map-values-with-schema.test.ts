import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './map-values-with-schema.js';

const call = (service: string, tookMs: number, status = 200) => ({
  service,
  startedMs: 50,
  endedMs: 50 + tookMs,
  status,
});

it('gives values of a declared form to the figures behind them, through a restart', async () => {
  const job = testJob(definition);
  job.add('calls', [call('search', 30), call('search', 900, 503), call('cart', 5)]);
  expect(await job.batch()).toEqual({
    out: [
      { service: 'search', slowestMs: 30, meanMs: 30 },
      { service: 'cart', slowestMs: 5, meanMs: 5 },
    ],
  });
  await job.restart();
  job.add('calls', [call('search', 10)]);
  expect(await job.batch()).toEqual({ out: [{ service: 'search', slowestMs: 30, meanMs: 20 }] });
});

it('ends with the name of the member that does not fit', async () => {
  const job = testJob(definition);
  job.add('calls', [{ service: 'search', startedMs: 50, status: 200 }]);
  await expect(job.batch()).rejects.toThrow('$.tookMs: expected a number, found NaN');
});
