import { defineJob, rate, toLog } from '@tidemark/streams';

/** State that stays as large as it is, and a little output: whatever grows with time is not the job's. */
export default defineJob({ name: 'soak', batchInterval: '200 ms' }, (job) => {
  const numbers = job.source('numbers', rate({ recordsPerSecond: 1_000 }));
  numbers
    .keyBy(({ value }) => value % 1_000)
    .updateStateByKey('counts', (values, count: number | undefined) => (count ?? 0) + values.length)
    .to('log', toLog({ rowsPerBatch: 1 }));
});
