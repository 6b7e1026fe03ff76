import { defineJob, rate, toLog } from '@tidemark/streams';

/** Does a little every time, and nothing wrong. */
export default defineJob({ name: 'steady', batchInterval: '200 ms' }, (job) => {
  job
    .source('numbers', rate({ recordsPerSecond: 50 }))
    .keyBy(({ value }) => value % 5)
    .updateStateByKey('counts', (values, count: number | undefined) => (count ?? 0) + values.length)
    .to('out', toLog({ rowsPerBatch: 1 }));
});
