import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './aggregate.js';

it('keeps several figures of each key', async () => {
  const job = testJob(definition);
  job.add('orders', [
    { country: 'CH', amount: 10, items: ['tea'] },
    { country: 'CH', amount: 30, items: ['tea', 'cup', 'pot'] },
    { country: 'SE', amount: 5, items: [] },
  ]);
  expect(await job.batch()).toEqual({
    out: [
      { country: 'CH', orders: 2, revenue: 40, largest: 30, itemsEach: 2 },
      { country: 'SE', orders: 1, revenue: 5, largest: 5, itemsEach: 0 },
    ],
  });
  await job.restart();
  job.add('orders', [{ country: 'CH', amount: 2, items: ['a', 'b'] }]);
  expect(await job.batch()).toEqual({
    out: [{ country: 'CH', orders: 3, revenue: 42, largest: 30, itemsEach: 2 }],
  });
});
