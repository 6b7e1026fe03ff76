import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInProcessGraph } from '../in-process-graph.js';
import {
  aBatch,
  aJob,
  input,
  rowsOf,
  runJob,
  runOverDeltas,
  toOut,
  type Build,
  type TestBatch,
} from '../testing/run-job.js';

interface Pair {
  readonly k: string;
  readonly v: number;
}

const someBatches = fc
  .array(
    fc.array(fc.record({ k: fc.constantFrom('a', 'b', 'c'), v: fc.integer({ min: -9, max: 9 }) }), { maxLength: 8 }),
    { minLength: 1, maxLength: 10 },
  )
  .map((batches): readonly TestBatch[] => batches.map((records, index) => ({ timeMs: (index + 1) * 1_000, records })));
const pairsOf = ({ records }: TestBatch): readonly Pair[] => records as readonly Pair[];

/** That a job goes on after a restore as if nothing had been. */
const isTheSameRestored = (build: Build) =>
  fc.assert(
    fc.asyncProperty(someBatches, fc.nat(9), fc.array(fc.nat(9)), async (batches, restoreBefore, snapshotAfter) => {
      const job = () => aJob(build);
      const straight = await runJob(job, batches);
      expect(await runJob(job, batches, { restoreBefore })).toEqual(straight);
      expect(await runOverDeltas(job, batches, { restoreBefore, snapshotAfter })).toEqual(straight);
    }),
    { numRuns: 20 },
  );

describe('withBroadcast', () => {
  /** Rows of `c` set the limit; the others go on if they are over it. */
  const overLimit: Build = (job) => {
    const rows = input<Pair>(job);
    rows
      .filter(({ k }) => k !== 'c')
      .withBroadcast(
        'limit',
        rows.filter(({ k }) => k === 'c'),
        {
          initial: { limit: 0 },
          update: (state, { v }) => {
            state.limit = v;
            return state;
          },
          apply: ({ v }, { limit }) => (v > limit ? [v] : []),
        },
      )
      .to('out', toOut);
  };

  it('shows every record the state after all side rows of its batch', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, async (batches) => {
        let limit = 0;
        const expected = batches.map((batch) => {
          limit = pairsOf(batch).findLast(({ k }) => k === 'c')?.v ?? limit;
          return pairsOf(batch)
            .filter(({ k, v }) => k !== 'c' && v > limit)
            .map(({ v }) => v);
        });
        expect(await runJob(() => aJob(overLimit), batches)).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('writes the same bytes when it is restored in the middle', () => isTheSameRestored(overLimit));

  it('refuses code that changes the state for a record', async () => {
    const build: Build = (job) => {
      const rows = input<Pair>(job);
      rows
        .withBroadcast('state', rows, {
          initial: { seen: [0] },
          update: (state) => state,
          apply: (_, { seen }) => [seen.push(1)],
        })
        .to('out', toOut);
    };
    await expect(runJob(() => aJob(build), [{ timeMs: 1, records: [{ k: 'a', v: 1 }] }])).rejects.toMatchObject({
      code: 'job_code_threw',
    });
  });
});

describe('split', () => {
  it('sends each record to the first branch that takes it, and counts the others', async () => {
    const build: Build = (job) => {
      const { a, small } = input<Pair>(job).split('parts', {
        small: ({ v }) => v < 3,
        a: ({ k }) => k === 'a',
      });
      a.map((record) => ['a', record.v]).to('out', toOut);
      small.map(({ v }) => ['small', v]).to('small', toOut);
    };
    const graph = createInProcessGraph(aJob(build));
    const records = [
      { k: 'a', v: 1 },
      { k: 'a', v: 5 },
      { k: 'b', v: 2 },
      { k: 'b', v: 6 },
    ];
    const { sinks, counts } = await graph.run(aBatch(1, { timeMs: 1, records }));
    expect(new TextDecoder().decode(sinks.get('out')?.bytes)).toBe('["a",5]\n');
    expect(new TextDecoder().decode(sinks.get('small')?.bytes)).toBe('["small",1]\n["small",2]\n');
    expect(counts.get('parts')).toEqual({ unmatched: 1 });
    const next = await graph.run(aBatch(2, { timeMs: 2, records: [] }));
    expect(next.counts.get('parts')).toBeUndefined();
  });

  it('knows what a branch has asked for', async () => {
    type Event = { readonly type: 'click'; readonly x: number } | { readonly type: 'key'; readonly name: string };
    const build: Build = (job) => {
      const { clicks, keys } = input<Event>(job).split('kinds', {
        clicks: (event) => event.type === 'click',
        keys: (event) => event.type === 'key',
      });
      clicks.map(({ x }) => x).to('out', toOut);
      keys.map(({ name }) => name).to('names', toOut);
    };
    const records = [{ type: 'click', x: 7 }];
    expect(await runJob(() => aJob(build), [{ timeMs: 1, records }])).toEqual([[7]]);
  });

  it('leaves a keyed stream keyed', async () => {
    const build: Build = (job) => {
      const { rest } = input<Pair>(job)
        .keyBy('k')
        .split('parts', { big: ([, { v }]) => v > 5, rest: () => 1 });
      rest
        .mapValues(({ v }) => v)
        .reduceByKey((a, b) => a + b)
        .to('out', toOut);
    };
    const records = [1, 2, 6].map((v) => ({ k: 'a', v }));
    expect(await runJob(() => aJob(build), [{ timeMs: 1, records }])).toEqual([[['a', 3]]]);
  });
});

describe('dedupe', () => {
  interface Stamped extends Pair {
    readonly t: number;
  }
  const WITHIN = 25;
  const byEventTime: Build = (job) => {
    const first = input<Stamped>(job)
      .eventTime('time', { timestamp: 't', outOfOrderness: 10 })
      .dedupe('first', { by: 'k', within: WITHIN });
    first.to('out', toOut);
    first.output('duplicates').to('duplicates', toOut);
  };
  const stamped = fc
    .array(
      fc.array(fc.record({ k: fc.constantFrom('a', 'b'), age: fc.integer({ min: 0, max: 60 }) }), { maxLength: 6 }),
      {
        minLength: 1,
        maxLength: 12,
      },
    )
    .map((batches): readonly TestBatch[] =>
      batches.map((rows, index) => ({
        timeMs: (index + 1) * 1_000,
        records: rows.map(({ k, age }, v) => ({ k, v, t: 100 + index * 15 - age })),
      })),
    );

  it('lets one record of a kind pass in a time, and counts the others', async () => {
    await fc.assert(
      fc.asyncProperty(stamped, async (batches) => {
        const held = new Map<string, number>();
        let [newest, watermark] = [-Infinity, -Infinity];
        const graph = createInProcessGraph(aJob(byEventTime));
        for (const [index, batch] of batches.entries()) {
          const expected = { out: [] as unknown[], duplicates: 0, late: 0 };
          for (const row of batch.records as readonly Stamped[]) {
            newest = Math.max(newest, row.t);
            if (row.t < watermark) expected.late += 1;
            else if (row.t > (held.get(row.k) ?? -Infinity) + WITHIN) {
              held.set(row.k, row.t);
              expected.out.push(row);
            } else expected.duplicates += 1;
          }
          watermark = Math.max(watermark, newest - 10);
          const { sinks, counts } = await graph.run(aBatch(index + 1, batch));
          const text = expected.out.map((row) => `${JSON.stringify(row)}\n`).join('');
          expect(new TextDecoder().decode(sinks.get('out')?.bytes)).toBe(text);
          expect(counts.get('first')?.['duplicates'] ?? 0).toBe(expected.duplicates);
          expect(counts.get('first')?.['late'] ?? 0).toBe(expected.late);
          expect(sinks.get('duplicates')?.rows ?? 0).toBe(expected.duplicates);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('writes the same bytes when it is restored in the middle', async () => {
    await fc.assert(
      fc.asyncProperty(stamped, fc.nat(9), fc.array(fc.nat(9)), async (batches, restoreBefore, snapshotAfter) => {
        const job = () => aJob(byEventTime);
        const straight = await runJob(job, batches);
        expect(await runJob(job, batches, { restoreBefore })).toEqual(straight);
        expect(await runOverDeltas(job, batches, { restoreBefore, snapshotAfter })).toEqual(straight);
      }),
      { numRuns: 20 },
    );
  });

  it('goes by the time of the batches if it is told so, and forgets a kind after its time', async () => {
    const build: Build = (job) => {
      input<Pair>(job)
        .dedupe('first', { by: ({ k }) => k, within: '2 s', time: 'processing' })
        .to('out', toOut);
    };
    const graph = createInProcessGraph(aJob(build));
    const at = async (seconds: number, records: readonly Pair[]) => {
      const { sinks, stateKeys } = await graph.run(aBatch(seconds, { timeMs: seconds * 1_000, records }));
      return [sinks.get('out')?.rows ?? 0, stateKeys.get('first')];
    };
    const a = { k: 'a', v: 1 };
    expect([await at(1, [a, a]), await at(3, [a]), await at(5, []), await at(6, [a])]).toEqual([
      [1, 1],
      [0, 1],
      [0, 0],
      [1, 1],
    ]);
  });
});

describe('topN', () => {
  const top =
    (order: 'asc' | 'desc'): Build =>
    (job) => {
      input<Pair>(job).keyBy('k').topN('top', 3, { by: 'v', order }).to('out', toOut);
    };

  it.each(['asc', 'desc'] as const)(
    'keeps the first of each key (%s), and sends on what has changed',
    async (order) => {
      await fc.assert(
        fc.asyncProperty(someBatches, async (batches) => {
          const sign = order === 'asc' ? 1 : -1;
          const all: Pair[] = [];
          const tops = new Map<string, readonly Pair[]>();
          const expected = batches.map((batch) => {
            const changed = new Set<string>();
            for (const pair of pairsOf(batch)) {
              all.push(pair);
              const sorted = all.filter(({ k }) => k === pair.k).sort((x, y) => sign * (x.v - y.v));
              const now = sorted.slice(0, 3);
              if (now.includes(pair)) changed.add(pair.k);
              tops.set(pair.k, now);
            }
            return [...changed].map((key) => [key, tops.get(key)]);
          });
          expect(await runJob(() => aJob(top(order)), batches)).toEqual(expected);
        }),
      );
    },
  );

  it('writes the same bytes when it is restored in the middle', () => isTheSameRestored(top('desc')));

  it('names what is no number', async () => {
    const build: Build = (job) => {
      input<{ k: string; v: number }>(job).keyBy('k').topN('top', 1, { by: 'v' }).to('out', toOut);
    };
    await expect(runJob(() => aJob(build), [{ timeMs: 1, records: [{ k: 'a', v: 'x' }] }])).rejects.toThrow(
      'the "by" of topN must give a finite number',
    );
  });
});

describe('transform', () => {
  it('gives all records of a batch to one call, and nothing where there are none', async () => {
    const build: Build = (job) => {
      input<Pair>(job)
        .transform((records, { batchId }) => [[batchId, records.length], records.map(({ v }) => v)])
        .to('out', toOut);
    };
    const batches = [[1, 2], [], [3]].map((vs, index) => ({
      timeMs: index + 1,
      records: vs.map((v) => ({ k: 'a', v })),
    }));
    expect(await runJob(() => aJob(build), batches)).toEqual([
      [
        [1, 2],
        [1, 2],
      ],
      [],
      [[3, 1], [3]],
    ]);
  });

  it('gives keyed records as pairs, and windows one by one', async () => {
    const build: Build = (job) => {
      input<Pair>(job)
        .keyBy('k')
        .window('recent', { window: 2_000, slide: 1_000 })
        .transform((records, { windowEndMs }) => [[windowEndMs, records.map(([k, { v }]) => `${k}${v}`).join(' ')]])
        .to('out', toOut);
    };
    const batches = [
      { timeMs: 1_000, records: [{ k: 'a', v: 1 }] },
      { timeMs: 3_000, records: [{ k: 'b', v: 2 }] },
    ];
    expect(await runJob(() => aJob(build), batches)).toEqual([
      [[1_000, 'a1']],
      [
        [2_000, 'a1'],
        [3_000, 'b2'],
      ],
    ]);
  });
});

it('makes any number of values of one under the same key', async () => {
  const build: Build = (job) => {
    input<Pair>(job)
      .keyBy('k')
      .flatMapValues(({ v }) => [v, v + 1])
      .reduceByKey((a, b) => a + b)
      .to('out', toOut);
  };
  expect(await runJob(() => aJob(build), [{ timeMs: 1, records: [{ k: 'a', v: 1 }] }])).toEqual([[['a', 3]]]);
});

it('keys a keyed stream anew by its pairs', async () => {
  const build: Build = (job) => {
    input<Pair>(job)
      .keyBy('k')
      .keyBy(([, { v }]) => v)
      .mapValues(([k]) => k)
      .to('out', toOut);
  };
  const graph = createInProcessGraph(aJob(build));
  expect(await rowsOf(graph, aBatch(1, { timeMs: 1, records: [{ k: 'a', v: 1 }] }))).toEqual([[1, 'a']]);
});
