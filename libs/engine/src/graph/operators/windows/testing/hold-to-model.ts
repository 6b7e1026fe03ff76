import {
  collect,
  count,
  custom,
  max,
  min,
  session,
  sliding,
  sum,
  tumbling,
  variance,
  type JobBuilder,
  type KeyedStream,
  type WindowContext,
  type WindowedStream,
  type WindowResults,
  type BatchContext,
} from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aJob, input, runJob, toOut, type TestBatch } from '../../../testing/run-job.js';
import { modelOf, type Event, type Result, type Rules } from './model.js';

const RUNS = 15;

type Windowed = WindowedStream<string, Event, BatchContext, WindowContext>;
/** What is read of the results. */
type Results = Pick<WindowResults<string, unknown, Event, BatchContext, WindowContext>, 'map' | 'late'>;

/** How a window's results are made, and what they should be. */
export interface Way {
  readonly make: (windowed: Windowed) => Results;
  readonly expected: (values: readonly number[]) => unknown;
}

export const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b);

/** By its definition, in two passes. */
export function varianceOf(values: readonly number[]): number {
  const mean = total(values) / values.length;
  return total(values.map((v) => (v - mean) ** 2)) / values.length;
}

/** Without the last digits, in which sums of other orders differ. */
export const rounded = (value: number): number => Math.round(value * 1e9) / 1e9;

interface Listed {
  n: number;
  values: number[];
  least?: number | undefined;
}

const WAYS: { readonly [name: string]: Way } = {
  'figures that can be taken out': {
    make: (windowed) => windowed.aggregate('windows', { count: count(), sum: sum<Event>('v') }),
    expected: (values) => ({ count: values.length, sum: total(values) }),
  },
  'figures that cannot': {
    make: (windowed) => windowed.aggregate('windows', { min: min<Event>('v'), max: max<Event>(({ v }) => v) }),
    expected: (values) => ({ min: Math.min(...values), max: Math.max(...values) }),
  },
  'figures that round': {
    make: (windowed) => windowed.aggregate('windows', { variance: variance<Event>('v') }),
    expected: (values) => ({ variance: rounded(varianceOf(values)) }),
  },
  'figures that keep objects': {
    make: (windowed) =>
      windowed.aggregate('windows', {
        values: collect<Event, number>({ max: 1_000, of: 'v' }),
        total: custom<Event, { sum: number }, number>({
          create: () => ({ sum: 0 }),
          add: (state, { v }) => ({ sum: state.sum + v }),
          merge: (a, b) => ({ sum: a.sum + b.sum }),
          result: ({ sum: whole }) => whole,
        }),
      }),
    expected: (values) => ({ values: sorted(values), total: total(values) }),
  },
  fold: {
    make: (windowed) =>
      windowed.fold('windows', {
        initial: { n: 0, sum: 0 },
        fold(state, { v }) {
          state.n += 1;
          state.sum += v;
          return state;
        },
        merge: (a, b) => ({ n: a.n + b.n, sum: a.sum + b.sum }),
      }),
    expected: (values) => ({ n: values.length, sum: total(values) }),
  },
  'fold into columns': {
    make: (windowed) =>
      windowed.fold('windows', {
        initial: { n: 0, least: 100, seen: false },
        schema: z.object({ n: z.number(), least: z.number(), seen: z.boolean() }),
        fold: ({ n, least }, { v }) => ({ n: n + 1, least: Math.min(least, v), seen: true }),
        // What no record came for must never be merged: it would count.
        merge: (a, b) => ({ n: a.n + b.n, least: Math.min(a.least, b.least), seen: a.seen && b.seen }),
      }),
    expected: (values) => ({ n: values.length, least: Math.min(...values), seen: true }),
  },
  'fold into columns and JSON': {
    make: (windowed) =>
      windowed.fold('windows', {
        initial: { n: 0, values: [] },
        schema: z.object({ n: z.number(), values: z.array(z.number()), least: z.number().optional() }),
        fold(state: Listed, { v }) {
          state.n += 1;
          state.values.push(v);
          if (v < 0) state.least = Math.min(state.least ?? 0, v);
          return state;
        },
        merge(a, b) {
          a.values.push(...b.values);
          const least = Math.min(a.least ?? 0, b.least ?? 0);
          return { n: a.n + b.n, values: a.values, least: least < 0 ? least : undefined };
        },
      }),
    expected: (values) => {
      const least = Math.min(...values);
      return { n: values.length, values: sorted(values), ...(least < 0 ? { least } : {}) };
    },
  },
  reduce: {
    make: (windowed) =>
      windowed.reduce('windows', (a, b) => {
        (a as { v: number }).v += b.v;
        return a;
      }),
    expected: total,
  },
  process: {
    make: (windowed) => windowed.process('windows', (_key, records) => [records.map(({ v }) => v)]),
    expected: sorted,
  },
};

const windowsFrom = (rules: Rules) => {
  const { windows } = rules;
  switch (windows.kind) {
    case 'tumbling':
      return tumbling(windows.sizeMs, { offset: windows.offsetMs });
    case 'sliding':
      return sliding(windows.sizeMs, windows.slideMs, { offset: windows.offsetMs });
    case 'session':
      return session(windows.gapMs);
  }
};

export const timed = (job: JobBuilder, outOfOrderness: number): KeyedStream<string, Event> =>
  input<Event>(job).eventTime('time', { timestamp: 't', outOfOrderness }).keyBy('k');

export const jobOf = (rules: Rules, way: Way) => () =>
  aJob((job) => {
    const results = way.make(
      timed(job, rules.outOfOrdernessMs).windowBy(windowsFrom(rules), { allowedLateness: rules.latenessMs }),
    );
    results
      .map(([key, value], { windowStartMs, windowEndMs }) => [key, windowStartMs, windowEndMs, value])
      .to('out', toOut);
    results.late().to('late', toOut);
  });

const someEvents = fc.array(
  fc.array(
    fc.record({
      k: fc.constantFrom('a', 'b', 'c', 'ö'),
      step: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: -6, max: 8 }) },
        { weight: 1, arbitrary: fc.integer({ min: -60, max: 90 }) },
      ),
      v: fc.integer({ min: -9, max: 9 }),
    }),
    { maxLength: 8 },
  ),
  { minLength: 1, maxLength: 10 },
);

/** Time goes on by steps, some of them back. */
function timedEvents(
  batches: readonly (readonly { readonly k: string; readonly step: number; readonly v: number }[])[],
) {
  let t = 100;
  return batches.map((records) => records.map(({ k, step, v }): Event => ({ k, t: (t += step), v })));
}

type Kind = Rules['windows']['kind'];
const small = fc.integer({ min: 0, max: 9 });
const someWindows: { readonly [K in Kind]: fc.Arbitrary<Rules['windows']> } = {
  tumbling: fc
    .record({ sizeMs: fc.integer({ min: 1, max: 9 }), offsetMs: small })
    .map(({ sizeMs, offsetMs }) => ({ kind: 'tumbling', sizeMs, offsetMs: offsetMs % sizeMs })),
  sliding: fc
    .record({ slideMs: fc.integer({ min: 1, max: 4 }), slides: fc.integer({ min: 1, max: 6 }), offsetMs: small })
    .map(({ slideMs, slides, offsetMs }) => ({
      kind: 'sliding',
      sizeMs: slideMs * slides,
      slideMs,
      offsetMs: offsetMs % slideMs,
    })),
  session: fc.integer({ min: 1, max: 6 }).map((gapMs) => ({ kind: 'session', gapMs })),
};

const someRules = (kind: Kind): fc.Arbitrary<Rules> =>
  fc.record({
    windows: someWindows[kind],
    latenessMs: fc.oneof(fc.constant(0), small),
    outOfOrdernessMs: small,
  });

export const batchesOf = (events: readonly (readonly Event[])[]): readonly TestBatch[] =>
  events.map((records, index) => ({ timeMs: (index + 1) * 1_000, records }));

const asText = (rows: readonly unknown[]): readonly string[] => rows.map((row) => JSON.stringify(row)).sort();

const rowOf =
  ({ expected }: Way, isReduce: boolean) =>
  ({ key, startMs, endMs, values }: Result): unknown => [
    key,
    startMs,
    endMs,
    isReduce ? total(values) : expected(values),
  ];

/** Values in an order that does not matter. */
const comparable = (name: string, row: unknown): unknown => {
  const [key, startMs, endMs, value] = row as readonly unknown[];
  if (name === 'process') return [key, startMs, endMs, sorted(value as readonly number[])];
  if (name === 'figures that keep objects' || name === 'fold into columns and JSON') {
    const figures = value as { readonly values: readonly number[] };
    return [key, startMs, endMs, { ...figures, values: sorted(figures.values) }];
  }
  if (name === 'figures that round') {
    return [key, startMs, endMs, { variance: rounded((value as { readonly variance: number }).variance) }];
  }
  if (name === 'reduce') return [key, startMs, endMs, (value as Event).v];
  return row;
};

/** Holds windows of one kind to the model, whatever is made of their records. */
export function itHoldsToTheModel(kind: Kind): void {
  describe.each(Object.entries(WAYS))('with %s', (name, way) => {
    it('give what arrays of all records give, in the order of their ends, and all that is late', async () => {
      await fc.assert(
        fc.asyncProperty(someRules(kind), someEvents, async (rules, steps) => {
          const events = timedEvents(steps);
          const model = modelOf(rules, events);
          const outputs = await runJob(jobOf(rules, way), batchesOf(events), { sinks: ['out', 'late'] });
          for (const [index, rows] of outputs.entries()) {
            const { results = [], late = [] } = model[index] ?? {};
            const given = rows.slice(0, results.length);
            expect(asText(given.map((row) => comparable(name, row)))).toEqual(
              asText(results.map(rowOf(way, name === 'reduce'))),
            );
            expect(given.map((row) => (row as readonly number[]).slice(1, 3))).toEqual(
              results.map(({ startMs, endMs }) => [startMs, endMs]),
            );
            expect(asText(rows.slice(results.length))).toEqual(asText(late.map((event) => [event.k, event])));
          }
        }),
        { numRuns: RUNS },
      );
    });

    it('write the same bytes when they are restored in the middle, from a base or a base and deltas', async () => {
      await fc.assert(
        fc.asyncProperty(
          someRules(kind),
          someEvents,
          fc.nat(10),
          fc.array(fc.nat(10)),
          async (rules, steps, restoreBefore, snapshotsBefore) => {
            const batches = batchesOf(timedEvents(steps));
            const job = jobOf(rules, way);
            expect(await runJob(job, batches, { restoreBefore, snapshotsBefore })).toEqual(await runJob(job, batches));
          },
        ),
        { numRuns: RUNS },
      );
    });
  });
}
