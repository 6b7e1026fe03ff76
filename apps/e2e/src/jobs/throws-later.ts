import { defineJob, rate, toLog, type RateRecord } from '@tidemark/streams';

function halve({ value }: RateRecord): number {
  if (value === 30) throw new RangeError('thirty cannot be halved');
  return value / 2;
}

export default defineJob({ name: 'throws-later', batchInterval: '200 ms' }, (job) => {
  job
    .source('numbers', rate({ recordsPerSecond: 50 }))
    .map((record) => halve(record))
    .to('out', toLog());
});
