import { count, sum, type KeyedStream, type State, type StateOptions } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInProcessGraph } from '../in-process-graph.js';
import {
  aBatch,
  aJob,
  input,
  runJob,
  runRestored,
  restoredFrom,
  toOut,
  type Build,
  type TestBatch,
} from '../testing/run-job.js';

interface Pair {
  readonly k: string;
  readonly v: number;
  readonly at: number;
}

const somePair = fc.record({
  k: fc.constantFrom('a', 'b', 'c', 'd'),
  v: fc.integer({ min: -3, max: 9 }),
  at: fc.integer({ min: 0, max: 12 }).map((n) => n * 500),
});
const someBatches = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 4 }), records: fc.array(somePair, { maxLength: 5 }) }), {
    minLength: 1,
    maxLength: 14,
  })
  .map((batches): readonly TestBatch[] => {
    let timeMs = 0;
    return batches.map(({ gap, records }) => ({ timeMs: (timeMs += gap * 1_000), records }));
  });
const sorted = (rows: readonly unknown[]): readonly string[] => rows.map((row) => JSON.stringify(row)).sort();
const recordsOf = ({ records }: TestBatch): readonly Pair[] => records as readonly Pair[];

const keyed = (job: Parameters<Build>[0]): KeyedStream<string, Pair> => input<Pair>(job).keyBy('k');

async function staysTheSame(build: Build): Promise<void> {
  await fc.assert(
    fc.asyncProperty(someBatches, fc.nat(14), fc.boolean(), async (batches, restoreBefore, deltas) => {
      const job = () => aJob(build);
      expect(await runRestored(job, batches, { restoreBefore, deltas })).toEqual(await runJob(job, batches));
    }),
    { numRuns: 60 },
  );
}

describe('mapWithState', () => {
  /** A key's state is its sum; it is removed at a value of 0, and tells what it was when it times out after 3 s. */
  const sums: Build = (job) => {
    keyed(job)
      .mapWithState('sums', {
        timeout: 3_000,
        update: (pair: Pair | undefined, state: State<{ sum: number }>, key) => {
          const before = state.get()?.sum ?? 0;
          if (state.isTimingOut()) return ['timeout', key, before];
          if (pair?.v === 0) {
            if (state.exists()) state.remove();
            return undefined;
          }
          state.update({ sum: before + (pair?.v ?? 0) });
          return ['sum', before + (pair?.v ?? 0)];
        },
      })
      .to('out', toOut);
  };

  it('is called for every value in turn, and once for every key that times out', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, async (batches) => {
        const state = new Map<string, { sum: number; lastMs: number }>();
        const expected = batches.map((batch) => {
          const rows: unknown[] = [];
          for (const { k, v } of recordsOf(batch)) {
            if (v === 0) state.delete(k);
            else {
              state.set(k, { sum: (state.get(k)?.sum ?? 0) + v, lastMs: batch.timeMs });
              rows.push([k, ['sum', state.get(k)?.sum]]);
            }
          }
          for (const [k, { sum: held, lastMs }] of state) {
            if (batch.timeMs - lastMs < 3_000) continue;
            rows.push([k, ['timeout', k, held]]);
            state.delete(k);
          }
          return rows;
        });
        expect((await runJob(() => aJob(sums), batches)).map(sorted)).toEqual(expected.map(sorted));
      }),
      { numRuns: 150 },
    );
  });

  it('writes the same bytes when it is restored in the middle', async () => staysTheSame(sums));

  it('refuses a new state for a key that is timing out', async () => {
    const build: Build = (job) => {
      keyed(job)
        .mapWithState('s', {
          timeout: 1_000,
          update: (_: Pair | undefined, state: State<number>) => {
            state.update(1);
            return undefined;
          },
        })
        .to('out', toOut);
    };
    const batches = [
      { timeMs: 1_000, records: [{ k: 'a', v: 1 }] },
      { timeMs: 2_000, records: [] },
    ];
    await expect(runJob(() => aJob(build), batches)).rejects.toMatchObject({
      code: 'job_code_threw',
      params: { reason: expect.stringContaining('timing out') },
    });
  });
});

describe('updateStateByKey with visit "all"', () => {
  /** Counts the batches since a key came; forgets it after three without a value. */
  const idle: Build = (job) => {
    keyed(job)
      .updateStateByKey(
        'idle',
        (values, state: { idle: number; sum: number } | undefined) => {
          const before = state ?? { idle: 0, sum: 0 };
          const now = values.length > 0 ? 0 : before.idle + 1;
          if (now > 2) return undefined;
          return { idle: now, sum: values.reduce((all, { v }) => all + v, before.sum) };
        },
        { visit: 'all' },
      )
      .to('out', toOut);
  };

  it('visits every key that has state in every batch', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, async (batches) => {
        const state = new Map<string, { idle: number; sum: number }>();
        const expected = batches.map((batch) => {
          for (const k of new Set([...state.keys(), ...recordsOf(batch).map((pair) => pair.k)])) {
            const values = recordsOf(batch).filter((pair) => pair.k === k);
            const before = state.get(k) ?? { idle: 0, sum: 0 };
            const now = values.length > 0 ? 0 : before.idle + 1;
            if (now > 2) state.delete(k);
            else state.set(k, { idle: now, sum: values.reduce((all, { v }) => all + v, before.sum) });
          }
          return [...state];
        });
        expect((await runJob(() => aJob(idle), batches)).map(sorted)).toEqual(expected.map(sorted));
      }),
      { numRuns: 150 },
    );
  });

  it('writes the same bytes when it is restored in the middle', async () => staysTheSame(idle));

  it('begins anew with a key that was given up for one window, and comes in another of the same batch', async () => {
    const latest: Build = (job) => {
      const all = input<Pair>(job);
      const now: typeof all = all.filter(({ v }) => v === 0);
      const later = all.window('later', { window: '1 s', slide: '1 s' }).filter(({ v }) => v === 1);
      now
        .union(later as unknown as typeof all)
        .keyBy('k')
        .updateStateByKey('u', (values, _: number | undefined) => (values.length > 0 ? values.length : undefined), {
          visit: 'all',
        })
        .to('out', toOut);
    };
    const batches = [
      { timeMs: 1_000, records: [{ k: 'a', v: 0, at: 0 }] },
      {
        timeMs: 2_000,
        records: [
          { k: 'b', v: 0, at: 0 },
          { k: 'a', v: 1, at: 0 },
        ],
      },
    ];
    expect((await runJob(() => aJob(latest), batches)).at(-1)).toEqual([
      ['b', 1],
      ['a', 1],
    ]);
  });
});

const FORMS: readonly (readonly [string, (pairs: KeyedStream<string, Pair>, options: StateOptions) => void])[] = [
  [
    'fold',
    (pairs, options) => {
      pairs.fold('s', { initial: { n: 0 }, fold: (s, { v }) => ({ n: s.n + v }), ...options }).to('out', toOut);
    },
  ],
  [
    'aggregate',
    (pairs, options) => {
      pairs.aggregate('s', { n: sum('v') }, options).to('out', toOut);
    },
  ],
  [
    'updateStateByKey',
    (pairs, options) => {
      const update = (values: readonly Pair[], s: { n: number } | undefined) => ({
        n: values.reduce((n, { v }) => n + v, s?.n ?? 0),
      });
      pairs.updateStateByKey('s', update, options).to('out', toOut);
    },
  ],
];

describe.each(FORMS)('the ttl of %s', (name, keep) => {
  const job =
    (time: 'processing' | 'event'): Build =>
    (builder) => {
      const pairs = input<Pair>(builder).eventTime('times', { timestamp: 'at', outOfOrderness: 500 }).keyBy('k');
      keep(pairs, { ttl: { after: 3_000, time } });
    };

  it.each(['processing', 'event'] as const)('forgets what was not touched for so long in %s time', async (time) => {
    await fc.assert(
      fc.asyncProperty(someBatches, async (batches) => {
        const state = new Map<string, { n: number; lastMs: number }>();
        let newest = -Infinity;
        const expected = batches.map((batch) => {
          for (const { k, v, at } of recordsOf(batch)) {
            newest = Math.max(newest, at);
            const before = state.get(k) ?? { n: 0, lastMs: -Infinity };
            const lastMs = Math.max(before.lastMs, time === 'event' ? at : batch.timeMs);
            state.set(k, { n: before.n + v, lastMs });
          }
          const touched = new Set(recordsOf(batch).map(({ k }) => k));
          const rows = [...touched].map((k) => [k, { n: state.get(k)?.n }]);
          const now = time === 'event' ? newest - 500 : batch.timeMs;
          for (const [k, { lastMs }] of state) if (lastMs + 3_000 <= now) state.delete(k);
          return { rows, keys: state.size };
        });
        const graph = createInProcessGraph(aJob(job(time)));
        for (const [index, batch] of batches.entries()) {
          const { sinks, stateKeys } = await graph.run(aBatch(index + 1, batch));
          const text = new TextDecoder().decode(sinks.get('out')?.bytes);
          const rows = text
            .split('\n')
            .filter((line) => line !== '')
            .sort();
          expect([rows, stateKeys.get('s')]).toEqual([sorted(expected[index]?.rows ?? []), expected[index]?.keys]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each(['processing', 'event'] as const)('survives a restore in %s time', async (time) => staysTheSame(job(time)));

  it('counts what it forgets', async () => {
    const graph = createInProcessGraph(aJob(job('processing')));
    const run = async (batchId: number, records: readonly Partial<Pair>[]) =>
      (await graph.run(aBatch(batchId, { timeMs: batchId * 1_000, records }))).counts.get('s');
    await run(1, [
      { k: 'a', v: 1, at: 0 },
      { k: 'b', v: 1, at: 0 },
    ]);
    expect([await run(2, [{ k: 'b', v: 1, at: 0 }]), await run(4, []), await run(5, []), await run(6, [])]).toEqual([
      undefined,
      { expired: 1 },
      { expired: 1 },
      undefined,
    ]);
  });

  it('forgets each key in its own batch where a ttl is long beside the time between batches', async () => {
    const graph = createInProcessGraph(
      aJob((builder) => {
        keep(keyed(builder), { ttl: { after: '1 h' } });
      }),
    );
    const expiredAt = async (batchId: number, timeMs: number, k?: string) => {
      const records = k === undefined ? [] : [{ k, v: 1, at: 0 }];
      return (await graph.run(aBatch(batchId, { timeMs, records }))).counts.get('s')?.['expired'] ?? 0;
    };
    expect([await expiredAt(1, 1_000, 'a'), await expiredAt(2, 2_000, 'b')]).toEqual([0, 0]);
    expect([await expiredAt(3, 3_601_000), await expiredAt(4, 3_602_000)]).toEqual([1, 1]);
  });

  it('begins with the first batch for keys that were kept before there was one', async () => {
    const before = createInProcessGraph(
      aJob((builder) => {
        const pairs = input<Pair>(builder).eventTime('times', { timestamp: 'at', outOfOrderness: 500 }).keyBy('k');
        keep(pairs, {});
      }),
    );
    await before.run(aBatch(1, { timeMs: 1_000, records: [{ k: 'a', v: 1, at: 0 }] }));
    const after = await restoredFrom(before, aJob(job('processing')));
    const keysAt = async (batchId: number) =>
      (await after.run(aBatch(batchId, { timeMs: batchId * 1_000, records: [] }))).stateKeys.get('s');
    expect([name, await keysAt(100), await keysAt(102), await keysAt(103)]).toEqual([name, 1, 1, 0]);
  });
});

it('begins anew with a key that was forgotten', async () => {
  const build: Build = (job) => {
    keyed(job)
      .aggregate('s', { n: count() }, { ttl: { after: 1_000 } })
      .to('out', toOut);
  };
  const batches = [1, 2, 3, 4].map((n) => ({
    timeMs: n * 1_000,
    records: n % 2 === 1 ? [{ k: 'a', v: 1, at: 0 }] : [],
  }));
  expect(await runJob(() => aJob(build), batches)).toEqual([[['a', { n: 1 }]], [], [['a', { n: 1 }]], []]);
});
