import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './transform.js';

it('gives all records of a batch to one call, and none to none', async () => {
  const job = testJob(definition, { startMs: 10_000 });
  job.add(
    'bids',
    [9, 2, 5].map((amount) => ({ bidder: 'ada', amount })),
  );
  expect(await job.batch()).toEqual({ out: [{ atMs: 10_000, bids: 3, median: 5 }] });
  expect(await job.batch()).toEqual({ out: [] });
});
