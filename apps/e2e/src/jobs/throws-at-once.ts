import { defineJob, rate, toLog } from '@tidemark/streams';

export default defineJob({ name: 'throws-at-once', batchInterval: '1 s' }, (job) => {
  const rates: readonly number[] = [];
  const [first] = rates;
  if (first === undefined) throw new Error('there is no rate');
  job.source('numbers', rate({ recordsPerSecond: first })).to('out', toLog());
});
