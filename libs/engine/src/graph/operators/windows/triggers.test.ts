import {
  count,
  every,
  everyBatch,
  everyCount,
  globalWindow,
  session,
  sliding,
  sum,
  tumbling,
  type GlobalWindow,
  type JobBuilder,
  type TimeWindows,
  type Trigger,
  type WindowByOptions,
} from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInProcessGraph } from '../../in-process-graph.js';
import { aBatch, aJob, input, runJob, runRestored, toOut } from '../../testing/run-job.js';
import { batchesOf, timed, total } from './testing/hold-to-model.js';
import type { Event } from './testing/model.js';

/** Each result as key, end of the window, and sum of the values. */
const sums = (windows: TimeWindows, options: WindowByOptions) => () =>
  aJob((job) => {
    timed(job, 0)
      .windowBy(windows, options)
      .aggregate('windows', { sum: sum<Event>('v') })
      .map(([key, value], { windowEndMs }) => [key, windowEndMs, value.sum])
      .to('out', toOut);
  });

const globalSums = (options: WindowByOptions & { readonly trigger: Trigger }) => () =>
  aJob((job) => {
    input<Event>(job)
      .keyBy('k')
      .windowBy(globalWindow(), options)
      .reduce('windows', (a, b) => ({ ...a, v: a.v + b.v }))
      .map(([key, { v }]) => [key, v])
      .to('out', toOut);
  });

const event = (k: string, t: number, v: number): Event => ({ k, t, v });

describe('results before the end of a window', () => {
  const batches = batchesOf([
    [event('a', 1, 1), event('b', 2, 10), event('a', 3, 2)],
    [event('a', 4, 4)],
    [event('c', 12, 7)],
  ]);

  it('come after every batch for the keys that had records in it, and at the end for all', async () => {
    expect(await runJob(sums(tumbling(10), { trigger: everyBatch() }), batches)).toEqual([
      [
        ['a', 10, 3],
        ['b', 10, 10],
      ],
      [['a', 10, 7]],
      [
        ['a', 10, 7],
        ['b', 10, 10],
        ['c', 20, 7],
      ],
    ]);
  });

  it('hold only what came since the last one if that is discarded', async () => {
    expect(await runJob(sums(tumbling(10), { trigger: everyBatch(), afterResult: 'discard' }), batches)).toEqual([
      [
        ['a', 10, 3],
        ['b', 10, 10],
      ],
      [['a', 10, 4]],
      [['c', 20, 7]],
    ]);
  });

  it('come at multiples of an interval in batch time, for the keys that had records since', async () => {
    expect(await runJob(sums(tumbling(100), { trigger: every('2 s') }), batches)).toEqual([
      [],
      [
        ['a', 100, 7],
        ['b', 100, 10],
      ],
      [],
    ]);
  });

  it('come as soon as a key has as many records as the trigger says', async () => {
    expect(await runJob(sums(tumbling(10), { trigger: everyCount(2) }), batches)).toEqual([
      [['a', 10, 3]],
      [],
      [
        ['a', 10, 7],
        ['b', 10, 10],
      ],
    ]);
  });

  it('leave the keys of a window in the order in which they came, also when it is restored from deltas', async () => {
    const job = sums(tumbling(10), { trigger: everyCount(2) });
    const records = batchesOf([
      [event('z', 1, 1)],
      [event('a', 2, 1), event('b', 3, 1), event('b', 4, 1)],
      [event('c', 12, 1)],
    ]);
    const restored = await runRestored(job, records, { restoreBefore: 2, deltas: true });
    expect(restored).toEqual(await runJob(job, records));
    expect(restored.at(-1)).toEqual([
      ['z', 10, 1],
      ['a', 10, 1],
      ['b', 10, 2],
    ]);
  });

  it('come for every sliding window that is open and has had records', async () => {
    expect(await runJob(sums(sliding(20, 10), { trigger: everyBatch() }), batches)).toEqual([
      [
        ['a', 10, 3],
        ['b', 10, 10],
        ['a', 20, 3],
        ['b', 20, 10],
      ],
      [
        ['a', 10, 7],
        ['a', 20, 7],
      ],
      [
        ['a', 10, 7],
        ['b', 10, 10],
        ['c', 20, 7],
        ['c', 30, 7],
      ],
    ]);
  });

  it('come for sessions that are going on', async () => {
    expect(await runJob(sums(session(5), { trigger: everyBatch() }), batches)).toEqual([
      [
        ['b', 7, 10],
        ['a', 8, 3],
      ],
      [['a', 9, 7]],
      [
        ['b', 7, 10],
        ['a', 9, 7],
        ['c', 17, 7],
      ],
    ]);
  });
});

describe('late records within the allowed lateness', () => {
  const batches = batchesOf([
    [event('a', 1, 1), event('b', 2, 2)],
    [event('a', 15, 4)],
    [event('b', 3, 8)],
    [event('b', 4, 16)],
  ]);

  it('give the result of their key again, once for each batch', async () => {
    expect(await runJob(sums(tumbling(10), { allowedLateness: 10 }), batches)).toEqual([
      [],
      [
        ['a', 10, 1],
        ['b', 10, 2],
      ],
      [['b', 10, 10]],
      [['b', 10, 26]],
    ]);
  });

  it('give only themselves if results are discarded', async () => {
    const outputs = await runJob(sums(tumbling(10), { allowedLateness: 10, afterResult: 'discard' }), batches);
    expect(outputs.slice(2)).toEqual([[['b', 10, 8]], [['b', 10, 16]]]);
  });
});

describe('the global window', () => {
  it('gives one result for every so many records of a key, and begins anew', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.array(fc.record({ k: fc.constantFrom('a', 'b'), t: fc.constant(0), v: fc.nat(9) }), { maxLength: 6 }),
          {
            maxLength: 8,
          },
        ),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(8),
        async (events, n, restoreBefore) => {
          const job = globalSums({ trigger: everyCount(n), afterResult: 'discard' });
          const pending = new Map<string, number[]>();
          const expected = events.map((records) =>
            records.flatMap(({ k, v }) => {
              const values = [...(pending.get(k) ?? []), v];
              pending.set(k, values.length === n ? [] : values);
              return values.length === n ? [[k, total(values)]] : [];
            }),
          );
          expect(await runJob(job, batchesOf(events), { restoreBefore })).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('forgets the keys whose results were discarded', async () => {
    const graph = createInProcessGraph(globalSums({ trigger: everyBatch(), afterResult: 'discard' })());
    const { stateKeys } = await graph.run(aBatch(1, { timeMs: 1_000, records: [event('a', 0, 1)] }));
    expect(stateKeys.get('windows')).toBe(0);
  });

  it('goes on from all records if results accumulate', async () => {
    const batches = batchesOf([[event('a', 0, 1)], [], [event('a', 0, 2), event('b', 0, 5)]]);
    expect(await runJob(globalSums({ trigger: everyBatch() }), batches)).toEqual([
      [['a', 1]],
      [],
      [
        ['a', 3],
        ['b', 5],
      ],
    ]);
  });
});

const someTriggers = fc.oneof(
  fc.constant(everyBatch()),
  fc.constantFrom(every('1 s'), every('3 s')),
  fc.integer({ min: 1, max: 3 }).map(everyCount),
);
const someEvents = fc.array(
  fc.array(fc.record({ k: fc.constantFrom('a', 'b', 'c'), t: fc.nat(40), v: fc.nat(9) }), { maxLength: 6 }),
  { minLength: 1, maxLength: 8 },
);

it.each<[string, TimeWindows | GlobalWindow]>([
  ['tumbling', tumbling(7)],
  ['sliding', sliding(9, 3)],
  ['session', session(4)],
  ['global', globalWindow()],
])('%s windows with triggers write the same bytes when they are restored in the middle', async (kind, windows) => {
  await fc.assert(
    fc.asyncProperty(
      someTriggers,
      fc.constantFrom('accumulate' as const, 'discard' as const),
      someEvents,
      fc.nat(8),
      fc.array(fc.nat(8)),
      async (trigger, afterResult, events, restoreBefore, snapshotsBefore) => {
        const isSliding = kind === 'sliding';
        const options: WindowByOptions & { readonly trigger: Trigger } = {
          allowedLateness: 5,
          trigger: isSliding && trigger.kind === 'everyCount' ? everyBatch() : trigger,
          ...(isSliding ? {} : { afterResult }),
        };
        const job = () =>
          aJob((builder: JobBuilder) => {
            timed(builder, 2)
              .windowBy(windows as TimeWindows, options)
              .process('windows', (_key, records) => [records.map(({ v }) => v)])
              .map((row, context) => [row, context])
              .to('out', toOut);
          });
        const batches = batchesOf(events);
        expect(await runJob(job, batches, { restoreBefore, snapshotsBefore })).toEqual(await runJob(job, batches));
      },
    ),
    { numRuns: 40 },
  );
});

it('cuts a stream that has no keys into windows of all its records', async () => {
  const job = () =>
    aJob((builder) => {
      input<Event>(builder)
        .eventTime('time', { timestamp: 't', outOfOrderness: 0 })
        .windowAll(tumbling(10))
        .aggregate('windows', { count: count() })
        .map(([, value], { windowStartMs }) => [windowStartMs, value.count])
        .to('out', toOut);
    });
  const batches = batchesOf([[event('a', 1, 0), event('b', 2, 0)], [event('c', 10, 0)]]);
  expect(await runJob(job, batches)).toEqual([[], [[0, 2]]]);
});
