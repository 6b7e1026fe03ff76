import { defineJob, files, max, mean, toFiles, tumbling } from '@tidemark/streams';

interface Reading {
  readonly sensor: string;
  readonly at: number;
  readonly celsius: number;
}

/** The last hour of each sensor, every minute. */
export default defineJob({ name: 'sliding-windows', batchInterval: '1 s' }, (job) => {
  job
    .source('readings', files<Reading>({ path: 'readings' }))
    .eventTime('time', { timestamp: 'at', outOfOrderness: '10 s' })
    .keyBy('sensor')
    .windowBy(tumbling('1 h'))
    .aggregate('hours', { mean: mean<Reading>('celsius'), max: max<Reading>('celsius') })
    .map(([sensor, { mean, max }], { windowEndMs }) => ({ sensor, until: windowEndMs, mean, max }))
    .to('out', toFiles({ path: 'hours' }));
});
