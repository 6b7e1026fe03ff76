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

/** As much as a batch may have: the input is all there, and what a batch costs beside its records is paid less often. */
const BATCH_BYTES = 32 * 1024 * 1024;

export const events = files<Event>({ path: 'bench/events', maxBytesPerBatch: BATCH_BYTES });
export const output = toFiles({ path: 'bench/out' });

/** Events are out of order by less than this, so that none is late. */
export const eventTime = { timestamp: 'ts', outOfOrderness: '5 s' } as const;
