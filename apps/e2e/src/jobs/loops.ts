import { defineJob, rate, toLog } from '@tidemark/streams';

export default defineJob({ name: 'loops', batchInterval: '200 ms' }, (job) => {
  job
    .source('numbers', rate({ recordsPerSecond: 50 }))
    .filter(({ value }) => {
      let step = value;
      while (step >= 30) step += 2;
      return step > 0;
    })
    .to('out', toLog());
});
