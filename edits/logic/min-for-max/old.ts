import { defineJob, files, toFiles } from '@tidemark/streams';
import { z } from 'zod';

const reading = z.object({ sensor: z.string(), celsius: z.number() });
const range = z.object({ lowest: z.number(), highest: z.number(), alarmed: z.boolean() });

/** The range of each sensor. Records and state have a schema: they are read faster, and the state lies in columns. */
export default defineJob({ name: 'fold-with-schema', batchInterval: '1 s', poison: 'skip' }, (job) => {
  job
    .source('readings', files<z.infer<typeof reading>>({ path: 'readings' }), { schema: reading })
    .keyBy('sensor')
    .fold('ranges', {
      schema: range,
      initial: { lowest: 1_000, highest: -1_000, alarmed: false },
      fold: ({ lowest, highest, alarmed }, { celsius }) => ({
        lowest: Math.min(lowest, celsius),
        highest: Math.max(highest, celsius),
        alarmed: alarmed || celsius > 60,
      }),
    })
    .map(([sensor, { lowest, highest, alarmed }]) => ({ sensor, lowest, highest, alarmed }))
    .to('out', toFiles({ path: 'ranges' }));
});
