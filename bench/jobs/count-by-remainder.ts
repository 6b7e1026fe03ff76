import { defineJob, rate, toLog } from '@tidemark/streams';

/** The least job that has a source, state and a sink. */
export default defineJob({ name: 'count-by-remainder', batchInterval: '500 ms' }, (job) => {
  job
    .source('numbers', rate({ recordsPerSecond: 200 }))
    .keyBy(({ value }) => value % 10)
    .updateStateByKey('counts', (values, count: number | undefined) => (count ?? 0) + values.length)
    .to('log', toLog());
});
