import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './reduce-by-key.js';

it('reduces the values of a key within a batch, and keeps nothing', async () => {
  const job = testJob(definition);
  job.add('sales', [
    { shop: 'Bern', amount: 10 },
    { shop: 'Basel', amount: 1 },
    { shop: 'Bern', amount: 5 },
  ]);
  expect(await job.batch()).toEqual({
    out: [
      { shop: 'Bern', amount: 15 },
      { shop: 'Basel', amount: 1 },
    ],
  });
  await job.restart();
  job.add('sales', [{ shop: 'Bern', amount: 2 }]);
  expect(await job.batch()).toEqual({ out: [{ shop: 'Bern', amount: 2 }] });
});
