import { defineJob, rate, toLog } from '@tidemark/streams';

/** Does next to nothing, so that hundreds fit on one machine. */
export default defineJob({ name: 'herd', batchInterval: '2 s' }, (job) => {
  job
    .source('numbers', rate({ recordsPerSecond: 1 }))
    .keyBy(({ value }) => value % 5)
    .updateStateByKey('counts', (values, count: number | undefined) => (count ?? 0) + values.length)
    .to('out', toLog({ rowsPerBatch: 1 }));
});
