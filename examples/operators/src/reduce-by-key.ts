import { defineJob, files, toFiles } from '@tidemark/streams';

interface Sale {
  readonly shop: string;
  readonly amount: number;
}

/** What each shop sold, batch by batch. */
export default defineJob({ name: 'reduce-by-key', batchInterval: '1 s' }, (job) => {
  job
    .source('sales', files<Sale>({ path: 'sales' }))
    .keyBy('shop')
    .mapValues(({ amount }) => amount)
    .reduceByKey((a, b) => a + b)
    .map(([shop, amount]) => ({ shop, amount }))
    .to('out', toFiles({ path: 'sold' }));
});
