import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './lookup.js';

it('finds the newest row of the table, of the same batch too', async () => {
  const job = testJob(definition);
  job.add('sales', [
    { product: 'tea', pieces: 2 },
    { product: 'cup', pieces: 1 },
  ]);
  job.add('products', [{ id: 'tea', price: 3 }]);
  expect(await job.batch()).toEqual({
    out: [
      { product: 'tea', worth: 6 },
      { product: 'cup', worth: null },
    ],
  });
  await job.restart();
  job.add('sales', [{ product: 'tea', pieces: 1 }]);
  expect(await job.batch()).toEqual({ out: [{ product: 'tea', worth: 3 }] });
  job.add('sales', [{ product: 'tea', pieces: 1 }]);
  job.add('products', [{ id: 'tea', price: 3, discontinued: true }]);
  expect(await job.batch()).toEqual({ out: [{ product: 'tea', worth: null }] });
});
