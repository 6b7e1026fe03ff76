import { files, toFiles } from '@tidemark/streams';
import { z } from 'zod';

/** What bench/lib/generate.mjs writes, field by field. A job declares what it looks at, and the rest is passed over. */
export const event = z.object({
  user: z.string(),
  type: z.string(),
  value: z.number(),
  ts: z.number(),
  page: z.string(),
  sid: z.string(),
});
export type Event = z.infer<typeof event>;

/** Back to back until all of the input is done; then the job is finished. */
export const timing = { trigger: 'available-now' } as const;

export const events = files<Event>({ path: 'bench/events' });
export const output = toFiles({ path: 'bench/out' });

/** Events are out of order by less than this, so that none is late. */
export const eventTime = { timestamp: 'ts', outOfOrderness: '5 s' } as const;
