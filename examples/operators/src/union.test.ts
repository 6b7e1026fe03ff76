import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './union.js';

it('is one stream of the records of both', async () => {
  const job = testJob(definition);
  job.add('cards', [{ account: 'a', amount: 10 }]);
  job.add('transfers', [
    { account: 'a', amount: 5 },
    { account: 'b', amount: 1 },
  ]);
  expect(await job.batch()).toEqual({
    out: [
      { account: 'a', balance: 15 },
      { account: 'b', balance: 1 },
    ],
  });
  await job.restart();
  job.add('transfers', [{ account: 'a', amount: -15 }]);
  expect(await job.batch()).toEqual({ out: [{ account: 'a', balance: 0 }] });
});
