import { count, defineJob, files, sum, toFiles } from '@tidemark/streams';

interface Order {
  readonly customer: string;
  readonly amount: number;
}

/** What each of very many customers has ordered, of whom few order in any one minute. */
export default defineJob({ name: 'large-state', batchInterval: '1 s' }, (job) => {
  job
    .source('orders', files<Order>({ path: 'orders' }))
    .keyBy('customer')
    .aggregate('customers', { orders: count(), spent: sum<Order>('amount') }, { rowsInMemory: 1_000_000 })
    .to('out', toFiles({ path: 'customers' }));
});
