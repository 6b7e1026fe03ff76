import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './join.js';

it('pairs orders with payments near to them, and sends on what was never paid', async () => {
  const job = testJob(definition);
  job.add('orders', [
    { order: 'o1', amount: 5, orderedMs: 100_000 },
    { order: 'o2', amount: 7, orderedMs: 101_000 },
  ]);
  job.add('payments', [{ order: 'o1', paidMs: 100_400 }]);
  expect((await job.batch())['out']).toEqual([{ order: 'o1', amount: 5, tookMs: 400 }]);
  await job.restart();
  job.add('orders', [{ order: 'o3', amount: 9, orderedMs: 170_000 }]);
  job.add('payments', [{ order: 'o3', paidMs: 180_000 }]);
  expect((await job.batch())['out']).toEqual([
    { order: 'o3', amount: 9, tookMs: 10_000 },
    { order: 'o2', amount: 7, tookMs: null },
  ]);
  await job.restart();
  job.add('orders', [{ order: 'o4', amount: 1, orderedMs: 90_000 }]);
  expect((await job.batch())['late']).toEqual([['o4', { order: 'o4', amount: 1, orderedMs: 90_000 }]]);
  expect(job.counts('payments-of-orders')).toEqual({ late: 1 });
});
