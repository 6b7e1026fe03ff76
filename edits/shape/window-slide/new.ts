import { defineJob, files, toFiles } from '@tidemark/streams';

interface Click {
  readonly page: string;
}

/** Clicks of each page in the last minute, every ten seconds. */
export default defineJob({ name: 'reduce-by-key-and-window', batchInterval: '5 s' }, (job) => {
  job
    .source('clicks', files<Click>({ path: 'clicks' }))
    .keyBy('page')
    .mapValues(() => 1)
    .reduceByKeyAndWindow('recent', {
      window: '1 min',
      slide: '5 s',
      reduce: (a, b) => a + b,
      inverse: (whole, leaving) => whole - leaving,
    })
    .map(([page, clicks], { windowEndMs }) => ({ page, clicks, untilMs: windowEndMs }))
    .to('out', toFiles({ path: 'recent' }));
});
