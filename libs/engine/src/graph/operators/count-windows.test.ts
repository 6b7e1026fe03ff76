import { collect, count, custom, max, mean, variance } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aJob, input, runJob, runRestored, toOut, type Build, type TestBatch } from '../testing/run-job.js';

interface Pair {
  readonly k: string;
  readonly v: number;
}

const someBatches = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 1, max: 5 }),
      records: fc.array(fc.record({ k: fc.constantFrom('a', 'b', 'c'), v: fc.integer({ min: -9, max: 9 }) }), {
        maxLength: 8,
      }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((batches): readonly TestBatch[] => {
    let timeMs = 0;
    return batches.map(({ gap, records }) => ({ timeMs: (timeMs += gap * 1_000), records }));
  });
const someSize = fc.record({ slide: fc.integer({ min: 1, max: 4 }), slides: fc.integer({ min: 1, max: 3 }) });

/** For each record that ends a window, what `shape` makes of the key's last values. */
function expected(batches: readonly TestBatch[], size: number, slide: number, shape: (values: number[]) => unknown) {
  const seen = new Map<string, number[]>();
  return batches.map(({ records }) =>
    (records as readonly Pair[]).flatMap(({ k, v }) => {
      const values = [...(seen.get(k) ?? []), v];
      seen.set(k, values);
      return values.length % slide === 0 ? [[k, shape(values.slice(-size))]] : [];
    }),
  );
}

const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe('countWindow', () => {
  it('reduces the last values of a key, whenever as many as a slide have come, whatever is restored', async () => {
    await fc.assert(
      fc.asyncProperty(
        someBatches,
        someSize,
        fc.nat(12),
        fc.boolean(),
        async (batches, { slide, slides }, restoreBefore, deltas) => {
          const size = slide * slides;
          const build: Build = (job) => {
            input<Pair>(job)
              .keyBy('k')
              .mapValues(({ v }) => [v])
              .countWindow('w', { size, slide, reduce: (a, b) => [...a, ...b] })
              .to('out', toOut);
          };
          const rows = await runRestored(() => aJob(build), batches, { restoreBefore, deltas });
          expect(rows).toEqual(expected(batches, size, slide, (values) => values));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('gives figures of the last values of a key, whatever is restored', async () => {
    await fc.assert(
      fc.asyncProperty(
        someBatches,
        someSize,
        fc.nat(12),
        fc.boolean(),
        async (batches, { slide, slides }, restoreBefore, deltas) => {
          const size = slide * slides;
          const figures = {
            n: count(),
            highest: max<Pair>('v'),
            average: mean<Pair>('v'),
            spread: variance<Pair>('v'),
            all: collect<Pair, number>({ max: 100, of: 'v' }),
            own: custom({
              create: () => ({ sum: 0 }),
              add: (state, { v }: Pair) => ({ sum: state.sum + v }),
              merge: (state, later) => ({ sum: state.sum + later.sum }),
              result: ({ sum }) => sum,
            }),
          };
          const build: Build = (job) => {
            input<Pair>(job).keyBy('k').countWindow('w', { size, slide, aggregate: figures }).to('out', toOut);
          };
          const rows = await runRestored(() => aJob(build), batches, { restoreBefore, deltas });
          const rounded = rows.map((batch) =>
            (batch as [string, { average: number; spread: number }][]).map(([k, row]) => [
              k,
              { ...row, average: row.average.toFixed(6), spread: Math.abs(row.spread).toFixed(6) },
            ]),
          );
          const model = expected(batches, size, slide, (values) => {
            const average = sumOf(values) / values.length;
            const spread = sumOf(values.map((v) => (v - average) ** 2)) / values.length;
            return {
              n: values.length,
              highest: Math.max(...values),
              average: average.toFixed(6),
              spread: spread.toFixed(6),
              all: values,
              own: sumOf(values),
            };
          });
          expect(rounded.map((batch) => batch.map(([k, row]) => [k, fixZero(row)]))).toEqual(
            model.map((batch) => batch.map(([k, row]) => [k, fixZero(row)])),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it('forgets a key whose window does not get full', async () => {
    const build: Build = (job) => {
      input<Pair>(job)
        .keyBy('k')
        .mapValues(({ v }) => v)
        .countWindow('w', { size: 4, slide: 2, reduce: (a, b) => a + b, ttl: { after: 2_000 } })
        .to('out', toOut);
    };
    const batches = [
      { timeMs: 1_000, records: [1, 2, 3].map((v) => ({ k: 'a', v })) },
      { timeMs: 4_000, records: [] },
      { timeMs: 5_000, records: [4, 5].map((v) => ({ k: 'a', v })) },
    ];
    expect(await runJob(() => aJob(build), batches)).toEqual([[['a', 3]], [], [['a', 9]]]);
  });
});

const fixZero = (row: unknown): unknown => JSON.parse(JSON.stringify(row).replaceAll('"-0.000000"', '"0.000000"'));

describe('countByWindow', () => {
  it('counts the records of every window, whatever is restored', async () => {
    await fc.assert(
      fc.asyncProperty(
        someBatches,
        someSize,
        fc.nat(12),
        fc.boolean(),
        async (batches, { slide, slides }, restoreBefore, deltas) => {
          const [windowMs, slideMs] = [slide * slides * 1_000, slide * 1_000];
          const build: Build = (job) => {
            input<Pair>(job)
              .countByWindow('n', { window: windowMs, slide: slideMs })
              .map((n, { windowEndMs }) => [windowEndMs, n])
              .to('out', toOut);
          };
          const model = batches.map(({ timeMs }, index) => {
            const after = index === 0 ? timeMs - 1_000 : (batches[index - 1]?.timeMs ?? 0);
            const rows: [number, number][] = [];
            const last = Math.floor(timeMs / slideMs) * slideMs;
            for (let end = (Math.floor(after / slideMs) + 1) * slideMs; end <= timeMs; end += slideMs) {
              const inside = batches.filter((batch) => batch.timeMs > end - windowMs && batch.timeMs <= end);
              const panes = batches.some(
                (batch) => batch.records.length > 0 && batch.timeMs > end - windowMs && batch.timeMs <= end,
              );
              if (panes || end === last) rows.push([end, inside.reduce((n, { records }) => n + records.length, 0)]);
            }
            return rows;
          });
          expect(await runRestored(() => aJob(build), batches, { restoreBefore, deltas })).toEqual(model);
        },
      ),
      { numRuns: 150 },
    );
  });
});
