import { defineJob, rate, toFiles } from '@tidemark/streams';

/** A job with nothing wrong in it; tests break it. */
export default defineJob({ name: 'good', batchInterval: '500 ms' }, (job) => {
  job
    .source('numbers', rate({ recordsPerSecond: 10 }))
    .filter(({ value }) => value % 2 === 0)
    .keyBy(({ value }) => value % 10)
    .updateStateByKey('counts', (values, count: number | undefined) => (count ?? 0) + values.length)
    .to('out', toFiles({ path: 'good' }));
});
