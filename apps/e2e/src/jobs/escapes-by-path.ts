import { defineJob, rate, toFiles } from '@tidemark/streams';

export default defineJob({ name: 'escapes-by-path', batchInterval: '1 s' }, (job) => {
  job.source('numbers', rate({ recordsPerSecond: 10 })).to('out', toFiles({ path: '../somebody-else/numbers' }));
});
