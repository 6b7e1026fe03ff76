import { count, files, sliding, tumbling, type Stream } from '@tidemark/streams';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createInProcessGraph } from '../in-process-graph.js';
import { aBatch, aChunk, aJob, restoredFrom, toOut } from '../testing/run-job.js';

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

/** Counts what is late for windows over two streams, batch by batch: their timestamps. */
async function lateOf(
  batches: readonly { readonly timeMs: number; readonly one?: number; readonly other?: number }[],
  restoreBefore = -1,
): Promise<readonly number[]> {
  const job = () =>
    aJob((builder) => {
      const [one, other] = ['one', 'other'].map((name) =>
        builder
          .source(name, files<Event>({ path: name }))
          .eventTime(`${name}-time`, { timestamp: 'at', outOfOrderness: 0, idleAfter: '10 s' }),
      ) as [Stream<Event>, Stream<Event>];
      one.union(other).keyBy('k').windowBy(tumbling(10)).aggregate('windows', { count: count() }).to('out', toOut);
    });
  let graph = createInProcessGraph(job());
  const late: number[] = [];
  for (const [index, { timeMs, ...streams }] of batches.entries()) {
    if (index === restoreBefore) graph = await restoredFrom(graph, job());
    const sources = (['one', 'other'] as const).map((uid) => {
      const at = streams[uid];
      return { uid, chunks: at === undefined ? [] : [aChunk(`${JSON.stringify({ k: 'a', at })}\n`)] };
    });
    const { counts } = await graph.run({ timeline: 1, batchId: index + 1, batchTimeMs: timeMs, sources });
    late.push(counts.get('windows')?.['late'] ?? 0);
  }
  return late;
}

it('waits for a stream that has had no record yet as long as for one that has gone idle', async () => {
  const soon = [
    { timeMs: 1_000, one: 25 },
    { timeMs: 2_000, other: 5 },
    { timeMs: 3_000, other: 5 },
  ];
  const never = [
    { timeMs: 1_000, one: 25 },
    { timeMs: 11_000, one: 26 },
    { timeMs: 12_000, other: 5 },
  ];
  for (const restoreBefore of [-1, 1, 2]) {
    expect(await lateOf(soon, restoreBefore)).toEqual([0, 0, 0]);
    expect(await lateOf(never, restoreBefore)).toEqual([0, 0, 1]);
  }
});
