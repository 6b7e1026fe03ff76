import { defineJob, files, toFiles } from '@tidemark/streams';

/** Set by the test. */
declare const PER_BATCH: number;
declare const STEP: number;

/** A total for each of very many keys, with all that a batch may know of time and chance. */
export default defineJob({ name: 'many-keys', batchInterval: 200 }, (job) => {
  job
    .source('sales', files<{ shop: string; amount: number }>({ path: 'sales', maxRecordsPerBatch: PER_BATCH }))
    .keyBy(({ shop }) => shop)
    .updateStateByKey('totals', (sales, total: number | undefined) =>
      sales.reduce((sum, { amount }) => sum + amount * STEP, total ?? 0),
    )
    .map(([shop, total]) => ({ shop, total, at: Date.now(), luck: Math.random() }))
    .to('totals-out', toFiles({ path: 'shops' }));
});
