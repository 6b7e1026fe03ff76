import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './large-state.js';

it('goes on with state that does not lie in memory after a restart', async () => {
  const job = testJob(definition);
  job.add('orders', [
    { customer: 'ada', amount: 10 },
    { customer: 'bob', amount: 5 },
    { customer: 'ada', amount: 1 },
  ]);
  expect(await job.batch()).toEqual({
    out: [
      ['ada', { orders: 2, spent: 11 }],
      ['bob', { orders: 1, spent: 5 }],
    ],
  });
  await job.restart();
  job.add('orders', [{ customer: 'ada', amount: 4 }]);
  expect(await job.batch()).toEqual({ out: [['ada', { orders: 3, spent: 15 }]] });
  expect(await job.state('customers')).toContainEqual({
    table: 'state',
    key: 'ada',
    value: { orders: 3, spent: 15 },
  });
});
