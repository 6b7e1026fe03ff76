import { defineJob, files, toFiles } from '@tidemark/streams';
import { z } from 'zod';

interface Reading {
  readonly sensor: string;
  readonly celsius: number;
}

const range = z.object({
  highest: z.number(),
  unit: z.enum(['C', 'F']),
  place: z.string(),
  readings: z.int(),
});

export default defineJob({ name: 'ranges', batchInterval: '1 s' }, (job) => {
  job
    .source('readings', files<Reading>({ path: 'readings' }))
    .keyBy('sensor')
    .fold('ranges', {
      schema: range,
      initial: { readings: 0, highest: -1_000, unit: 'C' as const, place: '' },
      fold: (state, { celsius }) => ({
        ...state,
        readings: state.readings + 1,
        highest: Math.max(state.highest, celsius),
      }),
    })
    .to('out', toFiles({ path: 'ranges' }));
});
