import { defineJob, files, toFiles } from '@tidemark/streams';

interface Order {
  readonly id: string;
  readonly country: string;
  readonly amount: number;
}

/** Only the large orders. */
export default defineJob({ name: 'filter', batchInterval: '1 s' }, (job) => {
  job
    .source('orders', files<Order>({ path: 'orders' }))
    .filter(({ amount }) => amount >= 100)
    .to('large', toFiles({ path: 'large' }));
});
