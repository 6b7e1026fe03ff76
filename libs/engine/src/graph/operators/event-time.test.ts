import { count, files, sliding, type Stream } from '@tidemark/streams';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createInProcessGraph } from '../in-process-graph.js';
import { aBatch, aJob, toOut } from '../testing/run-job.js';

interface Event {
  readonly k: string;
  readonly at: number;
}
const someSchema = z.object({ k: z.string(), at: z.number() });

const graphOf = (more: { readonly schema: typeof someSchema } | undefined) =>
  createInProcessGraph(
    aJob((job) => {
      const spec = files<Event>({ path: 'in' });
      const events: Stream<Event> = more === undefined ? job.source('in', spec) : job.source('in', spec, more);
      events
        .eventTime('time', { timestamp: 'at', outOfOrderness: 0 })
        .keyBy('k')
        .windowBy(sliding(200, 100))
        .aggregate('windows', { count: count() })
        .to('out', toOut);
    }),
  );
const batch = (at: number) => aBatch(1, { timeMs: 1_000, records: [{ k: 'a', at }] });

// Of 1.7e18, nanoseconds since the epoch, ends of windows could not be told from their starts.
it.each([1.7e18, -1.7e18, 1e300])('refuses a timestamp of %s ms, which no Date can hold', async (at) => {
  for (const more of [undefined, { schema: someSchema }]) {
    await expect(graphOf(more).run(batch(at))).rejects.toMatchObject({
      code: 'job_code_threw',
      params: { operator: 'eventTime "time"' },
    });
  }
});

it.each([8.64e15, -8.64e15, 0.5])('takes a timestamp of %s ms', async (at) => {
  for (const more of [undefined, { schema: someSchema }]) {
    expect((await graphOf(more).run(batch(at))).recordsIn).toBe(1);
  }
});
