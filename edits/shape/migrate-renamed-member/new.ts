import { defineJob, files, toFiles } from '@tidemark/streams';
import { z } from 'zod';

interface Reading {
  readonly sensor: string;
  readonly celsius: number;
}

const range = z.object({
  readings: z.int(),
  hottest: z.number(),
  unit: z.enum(['C', 'F']),
  place: z.string(),
});

export default defineJob({ name: 'ranges', batchInterval: '1 s' }, (job) => {
  job
    .source('readings', files<Reading>({ path: 'readings' }))
    .keyBy('sensor')
    .fold('ranges', {
      schema: range,
      version: 2,
      migrate: { 1: ({ highest, ...old }: { highest: number }) => ({ ...old, hottest: highest }) },
      initial: { readings: 0, hottest: -1_000, unit: 'C' as const, place: '' },
      fold: (state, { celsius }) => ({
        ...state,
        readings: state.readings + 1,
        hottest: Math.max(state.hottest, celsius),
      }),
    })
    .to('out', toFiles({ path: 'ranges' }));
});
