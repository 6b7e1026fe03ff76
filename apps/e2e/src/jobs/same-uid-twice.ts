import { defineJob, rate, toLog } from '@tidemark/streams';

export default defineJob({ name: 'same-uid-twice', batchInterval: '1 s' }, (job) => {
  const numbers = job.source('numbers', rate({ recordsPerSecond: 10 })).keyBy(({ value }) => value % 10);
  numbers
    .updateStateByKey('counts', (values, count: number | undefined) => (count ?? 0) + values.length)
    .to('a', toLog());
  numbers.updateStateByKey('counts', (values, sum: number | undefined) => (sum ?? 0) - values.length).to('b', toLog());
});
