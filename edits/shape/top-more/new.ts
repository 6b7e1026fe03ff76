import { defineJob, files, toFiles } from '@tidemark/streams';

interface Run {
  readonly track: string;
  readonly runner: string;
  readonly seconds: number;
}

/** The three fastest runs of each track, whenever they change. */
export default defineJob({ name: 'top-n', batchInterval: '1 s' }, (job) => {
  job
    .source('runs', files<Run>({ path: 'runs' }))
    .keyBy('track')
    .topN('fastest', 5, { by: 'seconds', order: 'asc' })
    .map(([track, runs]) => ({ track, fastest: runs.map(({ runner }) => runner) }))
    .to('out', toFiles({ path: 'fastest' }));
});
