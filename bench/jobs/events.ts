import { files, toFiles } from '@tidemark/streams';
import { z } from 'zod';

/** What bench/lib/generate.mjs writes, field by field. */
export const event = z.object({
  user: z.string(),
  type: z.string(),
  value: z.number(),
  ts: z.number(),
  page: z.string(),
  sid: z.string(),
});
export type Event = z.infer<typeof event>;

/** Batches follow one another without a pause while there is input: see BACK_TO_BACK in bench/lib/tidemark-run.mjs. */
export const timing = { batchInterval: '10 ms' } as const;

export const events = files<Event>({ path: 'bench/events' });
export const output = toFiles({ path: 'bench/out' });
