import { defineJob, files, max, mean, toFiles } from '@tidemark/streams';

interface Reading {
  readonly sensor: string;
  readonly celsius: number;
}

/** After every second reading of a sensor, the mean and the highest of its last four. */
export default defineJob({ name: 'count-window', batchInterval: '1 s' }, (job) => {
  job
    .source('readings', files<Reading>({ path: 'readings' }))
    .keyBy('sensor')
    .countWindow('last-four', {
      size: 4,
      slide: 2,
      aggregate: { mean: mean<Reading>('celsius'), highest: max<Reading>('celsius') },
    })
    .map(([sensor, figures]) => ({ sensor, ...figures }))
    .to('out', toFiles({ path: 'means' }));
});
