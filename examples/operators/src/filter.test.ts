import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './filter.js';

it('keeps the records for which the function answers true', async () => {
  const job = testJob(definition);
  job.add('orders', [
    { id: 'o1', country: 'CH', amount: 250 },
    { id: 'o2', country: 'CH', amount: 20 },
  ]);
  expect(await job.batch()).toEqual({ large: [{ id: 'o1', country: 'CH', amount: 250 }] });
  await job.restart();
  job.add('orders', [{ id: 'o3', country: 'SE', amount: 100 }]);
  expect(await job.batch()).toEqual({ large: [{ id: 'o3', country: 'SE', amount: 100 }] });
});
