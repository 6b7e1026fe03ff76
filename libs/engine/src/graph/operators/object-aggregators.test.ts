import {
  approxDistinct,
  collect,
  custom,
  everyBatch,
  files,
  first,
  globalWindow,
  last,
  topK,
  type Aggregate,
  type Frequent,
  type KeyedStream,
} from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createInProcessGraph } from '../in-process-graph.js';
import {
  aBatch,
  aJob,
  input,
  rowsOf,
  runJob,
  runRestored,
  toOut,
  type Build,
  type TestBatch,
} from '../testing/run-job.js';
import { DistinctCounter } from './distinct-counter.js';
import { HeavyHitters } from './heavy-hitters.js';

interface Visit {
  readonly k: string;
  readonly page: string | number;
}

type Figure = Aggregate<Visit, number>;
interface ReadTwice {
  to(uid: string, sink: typeof toOut): void;
}

describe('an aggregate of figures that keep objects', () => {
  const figures = {
    pages: approxDistinct<Visit>('page', { precision: 4 }),
    top: topK<Visit>(2, 'page', { counters: 3 }),
    firstPage: first<Visit, string | number>('page'),
    lastPage: last<Visit, string | number>(({ page }) => page),
    all: collect<Visit>({ max: 1_000 }),
    longest: custom({
      create: () => ({ length: 0 }),
      add: (state, { page }: Visit) => {
        state.length = Math.max(state.length, String(page).length);
        return state;
      },
      result: ({ length }) => length,
    }),
  };
  const visits: Build = (job) => {
    input<Visit>(job).keyBy('k').aggregate('figures', figures).to('out', toOut);
  };
  const someBatches = fc
    .array(
      fc.array(
        fc.record<Visit>({
          k: fc.constantFrom('a', 'b'),
          page: fc.oneof(fc.nat(30), fc.constantFrom('1', 'ä', 'home')),
        }),
        { maxLength: 8 },
      ),
      { minLength: 1, maxLength: 10 },
    )
    .map((batches): readonly TestBatch[] =>
      batches.map((records, index) => ({ timeMs: (index + 1) * 1_000, records })),
    );

  it('gives after each batch what arrays of all values give', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, async (batches) => {
        const seen = new Map<string, Visit[]>();
        const rows = await runJob(() => aJob(visits), batches);
        batches.forEach(({ records }, index) => {
          for (const visit of records as readonly Visit[]) seen.set(visit.k, [...(seen.get(visit.k) ?? []), visit]);
          for (const [k, row] of rows[index] as [string, Record<string, unknown>][]) {
            const all = seen.get(k) ?? [];
            expect(row).toMatchObject({
              firstPage: all[0]?.page,
              lastPage: all.at(-1)?.page,
              all,
              longest: Math.max(...all.map(({ page }) => String(page).length)),
            });
            for (const { value, count, error } of row['top'] as Frequent<unknown>[]) {
              const exact = all.filter(({ page }) => page === value).length;
              expect(exact <= count && exact >= count - error && error <= all.length / 3).toBe(true);
            }
          }
        });
      }),
      { numRuns: 80 },
    );
  });

  it.each([false, true])('writes the same bytes when it is restored in the middle (deltas: %s)', async (deltas) => {
    await fc.assert(
      fc.asyncProperty(someBatches, fc.nat(10), async (batches, restoreBefore) => {
        const job = () => aJob(visits);
        expect(await runRestored(job, batches, { restoreBefore, deltas })).toEqual(await runJob(job, batches));
      }),
      { numRuns: 80 },
    );
  });

  it('gives away nothing that it keeps', async () => {
    const build: Build = (job) => {
      input<{ k: string; of: number[] }>(job)
        .keyBy('k')
        .aggregate('f', {
          one: first<{ of: number[] }, number[]>('of'),
          all: collect<{ of: number[] }, number[]>({ max: 9, of: 'of' }),
        })
        .map(([, { one, all }]) => [one.push(0), (all as number[][]).push([])])
        .to('out', toOut);
    };
    const batches = [1, 2].map((n) => ({ timeMs: n * 1_000, records: [{ k: 'a', of: [n] }] }));
    expect(await runJob(() => aJob(build), batches)).toEqual([[[2, 2]], [[2, 3]]]);
  });

  it('fails, with the key, where more is collected than may be, and where a value is no JSON', async () => {
    const job =
      (of: (visit: Visit) => unknown): Build =>
      (builder) => {
        input<Visit>(builder)
          .keyBy('k')
          .aggregate('f', { all: collect({ max: 1, of }) })
          .to('out', toOut);
      };
    const run = async (of: (visit: Visit) => unknown) =>
      rowsOf(
        createInProcessGraph(aJob(job(of))),
        aBatch(1, { timeMs: 1, records: [{ k: 'a' }, { k: 'b' }, { k: 'a' }] }),
      );
    await expect(run(() => 1)).rejects.toMatchObject({
      code: 'state_over_bound',
      params: { operator: 'f', bound: 'max of 1 in collect', key: '"a"' },
    });
    await expect(run(() => Number.NaN)).rejects.toMatchObject({ code: 'state_not_json', params: { key: '"a"' } });
  });

  it.each([
    ['a precision', approxDistinct<Visit>('page', { precision: 40 }), 'precision from 4 to 16'],
    ['a k', topK<Visit>(0, 'page'), 'k from 1'],
    ['too few counters', topK<Visit>(5, 'page', { counters: 4 }), 'from 5 to 1000 counters'],
    ['a max', collect({ max: Number.NaN }), 'max from 1'],
    ['a function', custom({ create: 1 as never, add: (s: number) => s }), 'create'],
  ])('refuses %s that it cannot work with', (_name, figure, reason) => {
    const build: Build = (job) => {
      input<Visit>(job).keyBy('k').aggregate('f', { figure }).to('out', toOut);
    };
    expect(() => createInProcessGraph(aJob(build))).toThrow(reason);
  });
});

describe('counting different values', () => {
  const counted = (from: number, to: number, precision = 12): DistinctCounter => {
    const counter = new DistinctCounter(precision);
    for (let n = from; n < to; n += 1) counter.add(`"user-${n}"`);
    return counter;
  };

  it.each([0, 1, 10, 400, 3_000, 10_000, 200_000])('is right within four standard errors for %i values', (n) => {
    expect(Math.abs(counted(0, n).estimate() - n)).toBeLessThanOrEqual(4 * 0.01625 * n);
  });

  it('counts a value once however often it comes, and the union when merged', () => {
    const [a, b] = [counted(0, 5_000), counted(2_500, 7_500)];
    const whole = counted(0, 7_500);
    a.merge(b);
    expect(JSON.stringify(a)).toBe(JSON.stringify(whole));
    for (let n = 0; n < 7_500; n += 1) a.add(`"user-${n}"`);
    expect(a.estimate()).toBe(whole.estimate());
  });

  it.each([3, 5_000])('comes back from JSON as it was, with %i values', (n) => {
    const counter = counted(0, n);
    const back = DistinctCounter.from(12, JSON.parse(JSON.stringify(counter)));
    expect([back.estimate(), JSON.stringify(back)]).toEqual([counter.estimate(), JSON.stringify(counter)]);
  });

  it('hashes as it always has: stored registers depend on it', () => {
    const counter = new DistinctCounter(8);
    for (const text of ['"a"', '"ä"', '17', 'true', '""', '"longer text"']) counter.add(text);
    expect(JSON.stringify(counter)).toMatchInlineSnapshot(`"[8582,193,1665,706,6852,4673]"`);
  });
});

describe('the most frequent values', () => {
  it('are within their error, parts merged or not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(20)),
        fc.array(fc.nat(20)),
        fc.integer({ min: 1, max: 8 }),
        (before, after, counters) => {
          const [one, two] = [new HeavyHitters(counters), new HeavyHitters(counters)];
          for (const n of before) one.add(String(n));
          for (const n of after) two.add(String(n));
          one.merge(two);
          const all = [...before, ...after];
          for (const { text, count, error } of one.top(counters)) {
            const exact = all.filter((n) => String(n) === text).length;
            expect(exact).toBeLessThanOrEqual(count);
            expect(exact).toBeGreaterThanOrEqual(count - error);
            expect(error).toBeLessThanOrEqual(all.length / counters);
          }
          const texts = new Set(one.top(counters).map(({ text }) => text));
          for (const n of all) {
            if (all.filter((other) => other === n).length > all.length / counters)
              expect(texts.has(String(n))).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

it('takes whole records as well where a schema lets a job read single fields', async () => {
  const schema = z.object({ k: z.string(), page: z.string() });
  const graph = createInProcessGraph(
    aJob((job) => {
      job
        .source('in', files<z.infer<typeof schema>>({ path: 'in' }), { schema })
        .keyBy('k')
        .aggregate('a', { opened: first(), newest: last(), all: collect({ max: 5 }) })
        .to('out', toOut);
    }),
  );
  const visit = { k: 'a', page: 'home' };
  expect(await rowsOf(graph, aBatch(1, { timeMs: 1_000, records: [visit] }))).toEqual([
    ['a', { opened: visit, newest: visit, all: [visit] }],
  ]);
});

it.each<[string, (stream: KeyedStream<string, Visit>, figures: { readonly n: Figure }) => ReadTwice]>([
  ['aggregate', (stream, figures) => stream.aggregate('a', figures)],
  ['countWindow', (stream, figures) => stream.countWindow('a', { size: 1, aggregate: figures })],
  [
    'windowAggregate',
    (stream, figures) => stream.windowBy(globalWindow(), { trigger: everyBatch() }).aggregate('a', figures),
  ],
])('makes a figure of one’s own once for all who read it, in the name of the %s', async (kind, use) => {
  let results = 0;
  const job = (result: (n: number) => number) =>
    aJob((builder) => {
      const n = custom({ create: () => 0, add: (count: number, _: Visit) => count + 1, result });
      const figures = use(input<Visit>(builder).keyBy('k'), { n });
      figures.to('out', toOut);
      figures.to('again', toOut);
    });
  const batch = aBatch(1, { timeMs: 1_000, records: [{ k: 'a', page: 1 }] });
  const counted = createInProcessGraph(
    job((n) => {
      results += 1;
      return n;
    }),
  );
  expect(await rowsOf(counted, batch, 'again')).toEqual([['a', { n: 1 }]]);
  expect(results).toBe(1);
  const failing = job(() => {
    throw new Error('no result');
  });
  await expect(createInProcessGraph(failing).run(batch)).rejects.toMatchObject({
    params: { operator: `${kind} "a"` },
  });
});

it.each([false, true])('counts what a record does not have as null (with a schema: %s)', async (hasSchema) => {
  interface Play {
    readonly k: string;
    readonly song?: string | undefined;
  }
  const schema = z.object({ k: z.string(), song: z.string().optional() });
  const figures = (plays: KeyedStream<string, Play>): void => {
    plays
      .aggregate('figures', {
        opener: first<Play, string | undefined>('song'),
        current: last<Play, string | undefined>(({ song }) => song),
        all: collect<Play, string | undefined>({ max: 9, of: 'song' }),
        songs: approxDistinct<Play>('song'),
        chart: topK<Play, string | undefined>(1, 'song'),
      })
      .to('out', toOut);
  };
  const graph = createInProcessGraph(
    aJob((job) => {
      figures(
        hasSchema ? job.source('in', files<Play>({ path: 'in' }), { schema }).keyBy('k') : input<Play>(job).keyBy('k'),
      );
    }),
  );
  const records = [{ k: 'a' }, { k: 'a', song: 'x' }, { k: 'a' }];
  expect(await rowsOf(graph, aBatch(1, { timeMs: 1_000, records }))).toEqual([
    [
      'a',
      { opener: null, current: null, all: [null, 'x', null], songs: 2, chart: [{ value: null, count: 2, error: 0 }] },
    ],
  ]);
});
