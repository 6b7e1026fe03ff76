import { defineJob, rate, toLog } from '@tidemark/streams';

/** As plain JavaScript would have it, where nobody asks for the name. */
const NOTHING = undefined as unknown as string;

export default defineJob({ name: 'no-uid', batchInterval: '1 s' }, (job) => {
  job
    .source('numbers', rate({ recordsPerSecond: 10 }))
    .keyBy(({ value }) => value % 10)
    .updateStateByKey(NOTHING, (values, count: number | undefined) => (count ?? 0) + values.length)
    .to('out', toLog());
});
