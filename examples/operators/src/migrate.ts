import { defineJob, files, toFiles } from '@tidemark/streams';
import { z } from 'zod';

interface Order {
  readonly customer: string;
  readonly cents: number;
}

/** What each customer has spent. The first version counted in euros, and did not count orders. */
export default defineJob({ name: 'migrate', batchInterval: '1 s' }, (job) => {
  job
    .source('orders', files<Order>({ path: 'orders' }))
    .keyBy('customer')
    .fold('totals', {
      version: 2,
      schema: z.object({ cents: z.number(), orders: z.number() }),
      initial: { cents: 0, orders: 0 },
      migrate: { 1: (old: { euros: number }) => ({ cents: Math.round(old.euros * 100), orders: 0 }) },
      fold: ({ cents, orders }, order) => ({ cents: cents + order.cents, orders: orders + 1 }),
    })
    .map(([customer, total]) => ({ customer, ...total }))
    .to('out', toFiles({ path: 'totals' }));
});
