import { count, defineJob, files, max, mean, sum, toFiles } from '@tidemark/streams';

interface Order {
  readonly country: string;
  readonly amount: number;
  readonly items: readonly string[];
}

/** Figures of each country since the beginning. */
export default defineJob({ name: 'aggregate', batchInterval: '1 s' }, (job) => {
  job
    .source('orders', files<Order>({ path: 'orders' }))
    .keyBy('country')
    .aggregate('figures', {
      orders: count(),
      revenue: sum<Order>('amount'),
      largest: max<Order>('amount'),
      itemsEach: mean<Order>(({ country }) => country.length),
    })
    .map(([country, figures]) => ({ country, ...figures }))
    .to('out', toFiles({ path: 'figures' }));
});
