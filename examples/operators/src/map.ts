import { defineJob, files, toFiles } from '@tidemark/streams';

interface Reading {
  readonly sensor: string;
  readonly celsius: number;
}

/** Every reading in other units, with the time of the batch that saw it. */
export default defineJob({ name: 'map', batchInterval: '1 s' }, (job) => {
  job
    .source('readings', files<Reading>({ path: 'readings' }))
    .map(({ sensor, celsius }, { batchTimeMs }) => ({ sensor, kelvin: celsius + 273.15, seenMs: batchTimeMs }))
    .to('out', toFiles({ path: 'kelvin' }));
});
