import { defineJob, rate, toLog } from '@tidemark/streams';

const hoard: string[][] = [];

export default defineJob({ name: 'hoards', batchInterval: '200 ms' }, (job) => {
  job
    .source('numbers', rate({ recordsPerSecond: 50 }))
    .map(({ value }) => {
      for (let more = 0; value >= 30 && more < 1_000; more += 1) {
        hoard.push(Array.from({ length: 1_000 }, (_, index) => `${value}/${more}/${index}`));
      }
      return hoard.length;
    })
    .to('out', toLog());
});
