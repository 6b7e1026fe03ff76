import { defineJob, files, toFiles } from '@tidemark/streams';

/** How many requests came in the last minute, every ten seconds. */
export default defineJob({ name: 'count-by-window', batchInterval: '5 s' }, (job) => {
  job
    .source('requests', files({ path: 'requests', format: 'text' }))
    .countByWindow('recent', { window: '1 min', slide: '10 s' })
    .map((requests, { windowEndMs }) => ({ requests, untilMs: windowEndMs }))
    .to('out', toFiles({ path: 'recent' }));
});
