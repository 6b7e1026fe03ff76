import { defineJob, files, toFiles } from '@tidemark/streams';
import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import secondVersion from './migrate.js';

const firstVersion = defineJob({ name: 'migrate', batchInterval: '1 s' }, (job) => {
  job
    .source('orders', files<{ customer: string; cents: number }>({ path: 'orders' }))
    .keyBy('customer')
    .fold('totals', {
      schema: z.object({ euros: z.number() }),
      initial: { euros: 0 },
      fold: ({ euros }, { cents }) => ({ euros: euros + cents / 100 }),
    })
    .map(([customer, { euros }]) => ({ customer, euros }))
    .to('out', toFiles({ path: 'totals' }));
});

it('goes on with what was spent before, in another form', async () => {
  const job = testJob(firstVersion);
  job.add('orders', [{ customer: 'ada', cents: 1_250 }]);
  expect(await job.batch()).toEqual({ out: [{ customer: 'ada', euros: 12.5 }] });
  await job.restart(secondVersion);
  job.add('orders', [{ customer: 'ada', cents: 50 }]);
  expect(await job.batch()).toEqual({ out: [{ customer: 'ada', cents: 1_300, orders: 1 }] });
});
