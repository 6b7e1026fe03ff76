import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './process.js';

const minute = 60_000;

it('reminds of what was not paid in time, through a restart between the order and its timer', async () => {
  const job = testJob(definition);
  job.add('payments', [
    { order: 'o1', state: 'placed', atMs: 0 },
    { order: 'o2', state: 'placed', atMs: minute },
    { order: 'o9', state: 'paid', atMs: minute },
  ]);
  expect(await job.batch()).toEqual({ out: [], strays: [{ order: 'o9' }] });
  await job.restart();
  job.add('payments', [{ order: 'o1', state: 'paid', atMs: 20 * minute }]);
  expect(await job.batch()).toEqual({ out: [], strays: [] });
  job.add('payments', [{ order: 'o3', state: 'placed', atMs: 32 * minute }]);
  expect(await job.batch()).toEqual({ out: [{ order: 'o2', placedMs: minute }], strays: [] });
});
