import type { WindowContext } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInProcessGraph } from '../in-process-graph.js';
import {
  aBatch,
  aJob,
  input,
  runJob,
  restoredFrom,
  textBatch,
  toOut,
  type Build,
  type TestBatch,
} from '../testing/run-job.js';

interface Pair {
  readonly k: string;
  readonly v: number;
}

const INTERVAL = 1_000;
const shape = ([key, value]: readonly [string, number], context: WindowContext): unknown => [
  context.windowStartMs,
  context.windowEndMs,
  key,
  value,
];

const sumByKeyAndWindow =
  (windowMs: number, slideMs: number, inverse: boolean): Build =>
  (job) => {
    const pairs = input<Pair>(job)
      .keyBy(({ k }) => k)
      .mapValues(({ v }) => v);
    const reduce = (a: number, b: number): number => a + b;
    const options = { window: windowMs, slide: slideMs, reduce };
    pairs
      .reduceByKeyAndWindow('sums', inverse ? { ...options, inverse: (whole, leaving) => whole - leaving } : options)
      .map(shape)
      .to('out', toOut);
  };

const recordsOfWindow =
  (windowMs: number, slideMs: number): Build =>
  (job) => {
    input<Pair>(job)
      .window('records', { window: windowMs, slide: slideMs })
      .map(({ k, v }, context) => shape([k, v], context))
      .to('out', toOut);
  };

/** Batch times grow by one interval or, after a pause, by several. */
const someBatches = fc
  .array(
    fc.record({
      gap: fc.oneof(
        { weight: 4, arbitrary: fc.constant(1) },
        { weight: 1, arbitrary: fc.integer({ min: 2, max: 12 }) },
      ),
      records: fc.array(fc.record({ k: fc.constantFrom('a', 'b', 'c', 'd'), v: fc.integer({ min: -9, max: 9 }) }), {
        maxLength: 6,
      }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .chain((batches) => fc.record({ batches: fc.constant(batches), start: fc.integer({ min: 1, max: 8 }) }))
  .map(({ batches, start }): readonly TestBatch[] => {
    let timeMs = start * INTERVAL;
    return batches.map(({ gap, records }, index) => ({
      timeMs: index === 0 ? timeMs : (timeMs += gap * INTERVAL),
      records,
    }));
  });
const someWindow = fc
  .record({ slide: fc.integer({ min: 1, max: 3 }), slides: fc.integer({ min: 1, max: 4 }) })
  .map(({ slide, slides }) => ({ slideMs: slide * INTERVAL, windowMs: slide * slides * INTERVAL }));

/** Straight from the definition of a window: which records of which batches does it cover? */
function windowsOf(batches: readonly TestBatch[], index: number, grid: { windowMs: number; slideMs: number }) {
  const toMs = batches[index]?.timeMs ?? 0;
  const afterMs = index === 0 ? toMs - INTERVAL : (batches[index - 1]?.timeMs ?? 0);
  const windows: { readonly startMs: number; readonly endMs: number; readonly records: readonly Pair[] }[] = [];
  for (let endMs = afterMs + 1; endMs <= toMs; endMs += 1) {
    if (endMs % grid.slideMs !== 0) continue;
    const startMs = endMs - grid.windowMs;
    const covered = batches.filter(({ timeMs }) => timeMs > startMs && timeMs <= endMs);
    windows.push({ startMs, endMs, records: covered.flatMap(({ records }) => records as readonly Pair[]) });
  }
  return windows;
}

function expectedSums(batches: readonly TestBatch[], grid: { windowMs: number; slideMs: number }): unknown[][] {
  return batches.map((_, index) =>
    windowsOf(batches, index, grid).flatMap(({ startMs, endMs, records }) => {
      const sums = new Map<string, number>();
      for (const { k, v } of records) sums.set(k, (sums.get(k) ?? 0) + v);
      return [...sums].map(([key, sum]) => [startMs, endMs, key, sum]);
    }),
  );
}

const sorted = (rows: readonly unknown[]): readonly string[] => rows.map((row) => JSON.stringify(row)).sort();

describe.each([
  ['without an inverse', false],
  ['with an inverse', true],
])('reduceByKeyAndWindow %s', (_name, inverse) => {
  it('gives for every window what an array of all records gives, whenever it is restored', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, someWindow, fc.nat(12), async (batches, grid, restoreBefore) => {
        const job = () => aJob(sumByKeyAndWindow(grid.windowMs, grid.slideMs, inverse));
        const outputs = await runJob(job, batches, { restoreBefore });
        expect(outputs.map(sorted)).toEqual(expectedSums(batches, grid).map(sorted));
      }),
      { numRuns: 300 },
    );
  });

  it('writes the same bytes when it is restored in the middle', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, someWindow, fc.nat(12), async (batches, grid, restoreBefore) => {
        const job = () => aJob(sumByKeyAndWindow(grid.windowMs, grid.slideMs, inverse));
        expect(await runJob(job, batches, { restoreBefore })).toEqual(await runJob(job, batches));
      }),
    );
  });

  it('forgets a key once no window has it', async () => {
    const graph = createInProcessGraph(aJob(sumByKeyAndWindow(2_000, 1_000, inverse)));
    const keysAfter = async (batchId: number, records: readonly Pair[]) =>
      (await graph.run(aBatch(batchId, { timeMs: batchId * 1_000, records }))).stateKeys.get('sums');
    expect([await keysAfter(1, [{ k: 'a', v: 1 }]), await keysAfter(2, []), await keysAfter(3, [])]).toEqual([1, 1, 0]);
  });

  it('catches up with a year of pause at once', async () => {
    const year = 365 * 86_400_000;
    const batches = [
      { timeMs: 1_000, records: [{ k: 'a', v: 1 }] },
      { timeMs: 1_000 + year, records: [{ k: 'b', v: 2 }] },
    ];
    const [, last] = await runJob(() => aJob(sumByKeyAndWindow(3_000, 1_000, inverse)), batches);
    expect(last).toEqual([
      [-1_000, 2_000, 'a', 1],
      [0, 3_000, 'a', 1],
      [year - 2_000, year + 1_000, 'b', 2],
    ]);
  });

  it('can be restored from state that was kept the other way', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, someWindow, fc.nat(12), async (batches, grid, change) => {
        const before = createInProcessGraph(aJob(sumByKeyAndWindow(grid.windowMs, grid.slideMs, !inverse)));
        const split = Math.min(change, batches.length);
        for (const [i, batch] of batches.slice(0, split).entries()) await before.run(aBatch(i + 1, batch));
        const after = await restoredFrom(before, aJob(sumByKeyAndWindow(grid.windowMs, grid.slideMs, inverse)));
        const expected = expectedSums(batches, grid);
        for (const [i, batch] of batches.entries()) {
          if (i < split) continue;
          const { sinks } = await after.run(aBatch(i + 1, batch));
          const text = new TextDecoder().decode(sinks.get('out')?.bytes);
          expect(
            text
              .split('\n')
              .filter((line) => line !== '')
              .sort(),
          ).toEqual(sorted(expected[i] ?? []));
        }
      }),
    );
  });
});

it('carries sums with an inverse on exactly as they were, also where adding anew would round differently', async () => {
  const batches = [0.1, 0.2, 0.3, 0.7, 1e16, 0.1, -1e16].map((v, i) => ({
    timeMs: (i + 1) * 1_000,
    records: [{ k: 'a', v }],
  }));
  const job = () => aJob(sumByKeyAndWindow(3_000, 1_000, true));
  const straight = await runJob(job, batches);
  for (const restoreBefore of batches.keys()) expect(await runJob(job, batches, { restoreBefore })).toEqual(straight);
});

it('does not let a reducer that changes its arguments change what it reduced before', async () => {
  const count: Build = (job) => {
    input<Pair>(job)
      .keyBy(({ k }) => k)
      .mapValues(() => ({ n: 1 }))
      .reduceByKeyAndWindow('counts', {
        window: 3_000,
        slide: 1_000,
        reduce: (a, b) => {
          a.n += b.n;
          return a;
        },
      })
      .map(([, { n }]) => n)
      .to('out', toOut);
  };
  const batches = [1, 2, 3, 4].map((n) => ({ timeMs: n * 1_000, records: [{ k: 'a' }] }));
  expect(await runJob(() => aJob(count), batches)).toEqual([[1], [2], [3], [3]]);
});

describe('window', () => {
  it('fails where one slide has more records than a checkpoint could hold, and names the bound', async () => {
    const graph = createInProcessGraph(
      aJob((job) => input(job).window('records', { window: '1 s', slide: '1 s' }).to('out', toOut)),
    );
    await expect(graph.run(textBatch(1, 1_000, '1\n'.repeat(1_000_001)))).rejects.toMatchObject({
      code: 'state_over_bound',
      params: { operator: 'records', bound: 'bound of 1000000 records in a slide' },
    });
  });

  it('gives the records of every window, oldest first, whenever it is restored', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, someWindow, fc.nat(12), async (batches, grid, restoreBefore) => {
        const expected = batches.map((_, index) =>
          windowsOf(batches, index, grid).flatMap(({ startMs, endMs, records }) =>
            records.map(({ k, v }) => [startMs, endMs, k, v]),
          ),
        );
        const job = () => aJob(recordsOfWindow(grid.windowMs, grid.slideMs));
        expect(await runJob(job, batches, { restoreBefore })).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('gives each window to the keyed operators behind it as a batch of its own', async () => {
    const countPerWindow: Build = (job) => {
      input<Pair>(job)
        .keyBy(({ k }) => k)
        .window('records', { window: 2_000, slide: 1_000 })
        .mapValues(() => 1)
        .reduceByKey((a, b) => a + b)
        .map(shape)
        .to('out', toOut);
    };
    const batches = [
      { timeMs: 1_000, records: [{ k: 'a', v: 1 }] },
      {
        timeMs: 3_000,
        records: [
          { k: 'a', v: 2 },
          { k: 'a', v: 3 },
        ],
      },
    ];
    expect(await runJob(() => aJob(countPerWindow), batches)).toEqual([
      [[-1_000, 1_000, 'a', 1]],
      [
        [0, 2_000, 'a', 1],
        [1_000, 3_000, 'a', 2],
      ],
    ]);
  });

  it('can stand behind a window: a row then counts for the time at which its window ended', async () => {
    const windowOfWindows: Build = (job) => {
      input<Pair>(job)
        .keyBy(({ k }) => k)
        .mapValues(({ v }) => v)
        .reduceByKeyAndWindow('inner', { window: 2_000, slide: 1_000, reduce: (a, b) => a + b })
        .reduceByKeyAndWindow('outer', { window: 2_000, slide: 1_000, reduce: (a, b) => a + b })
        .map(shape)
        .to('out', toOut);
    };
    const batches = [1, 2, 5].map((n) => ({ timeMs: n * 1_000, records: [{ k: 'a', v: n }] }));
    expect(await runJob(() => aJob(windowOfWindows), batches, { restoreBefore: 2 })).toEqual([
      [[-1_000, 1_000, 'a', 1]],
      [[0, 2_000, 'a', 1 + 3]],
      [
        [1_000, 3_000, 'a', 3 + 2],
        [2_000, 4_000, 'a', 2],
        [3_000, 5_000, 'a', 5],
      ],
    ]);
  });
});
