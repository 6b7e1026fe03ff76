import type { JoinType } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInProcessGraph } from '../in-process-graph.js';
import { aBatch, aJob, input, runJob, runOverDeltas, toOut, type Build, type TestBatch } from '../testing/run-job.js';

interface Row {
  readonly s: 'l' | 'r';
  readonly k: string;
  readonly t: number;
  readonly n: number;
}

const WINDOW = 20;
const DISORDER = 5;

const joinJob =
  (type: JoinType): Build =>
  (job) => {
    const rows = input<Row>(job).eventTime('time', { timestamp: 't', outOfOrderness: DISORDER });
    const [lefts, rights] = [
      rows.filter(({ s }) => s === 'l').keyBy('k'),
      rows.filter(({ s }) => s === 'r').keyBy('k'),
    ];
    lefts
      .join('join', rights, {
        window: WINDOW,
        type,
        select: (left, right, key, context) => [context.windowStartMs, key, left?.n ?? null, right?.n ?? null],
      })
      .map(([, row]) => row)
      .to('out', toOut);
  };

const cogroupJob: Build = (job) => {
  const rows = input<Row>(job).eventTime('time', { timestamp: 't', outOfOrderness: DISORDER });
  const [lefts, rights] = [rows.filter(({ s }) => s === 'l').keyBy('k'), rows.filter(({ s }) => s === 'r').keyBy('k')];
  lefts
    .cogroup('both', rights, { window: WINDOW }, (key, ls, rs, context) => [
      [context.windowStartMs, key, ls.map(({ n }) => n), rs.map(({ n }) => n)],
    ])
    .map(([, row]) => row)
    .to('out', toOut);
};

const someBatches = fc
  .array(
    fc.array(
      fc.record({
        s: fc.constantFrom('l', 'r'),
        k: fc.constantFrom('a', 'b', 'c'),
        age: fc.integer({ min: 0, max: 50 }),
      }),
      { maxLength: 8 },
    ),
    { minLength: 1, maxLength: 14 },
  )
  .map((batches): readonly TestBatch[] => {
    let n = 0;
    return batches.map((rows, index) => ({
      timeMs: (index + 1) * 1_000,
      records: rows.map(({ s, k, age }) => ({ s, k, t: index * 12 - age, n: (n += 1) })),
    }));
  });

interface Closed {
  readonly startMs: number;
  readonly key: string;
  readonly lefts: readonly number[];
  readonly rights: readonly number[];
}

/** Straight from the definition: the windows that each batch closes, and how many rows were late. */
function windowsOf(batches: readonly TestBatch[]): { readonly closed: readonly Closed[][]; readonly late: number } {
  const kept: Row[] = [];
  let [newest, watermark, late] = [-Infinity, -Infinity, 0];
  const startOf = ({ t }: Row): number => Math.floor(t / WINDOW) * WINDOW;
  const closed = batches.map(({ records }) => {
    for (const row of records as readonly Row[]) {
      newest = Math.max(newest, row.t);
      if (startOf(row) + WINDOW <= watermark) late += 1;
      else kept.push(row);
    }
    watermark = Math.max(watermark, newest - DISORDER);
    const over = kept.filter((row) => startOf(row) + WINDOW <= watermark);
    const starts = [...new Set(over.map(startOf))].sort((a, b) => a - b);
    return starts.flatMap((startMs) => {
      const rows = over.filter((row) => startOf(row) === startMs);
      for (const row of rows) kept.splice(kept.indexOf(row), 1);
      return [...new Set(rows.map(({ k }) => k))].map((key) => {
        const of = (side: string) => rows.filter(({ s, k }) => s === side && k === key).map(({ n }) => n);
        return { startMs, key, lefts: of('l'), rights: of('r') };
      });
    });
  });
  return { closed, late };
}

function pairsOf({ startMs, key, lefts, rights }: Closed, type: JoinType): readonly unknown[] {
  if (rights.length === 0) {
    return type === 'left' || type === 'full' ? lefts.map((left) => [startMs, key, left, null]) : [];
  }
  if (lefts.length === 0) {
    return type === 'right' || type === 'full' ? rights.map((right) => [startMs, key, null, right]) : [];
  }
  return lefts.flatMap((left) => rights.map((right) => [startMs, key, left, right]));
}

const someType = fc.constantFrom<JoinType>('inner', 'left', 'right', 'full');

describe('a join of windows', () => {
  it('pairs the rows of each window once it is over', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, someType, async (batches, type) => {
        const expected = windowsOf(batches).closed.map((windows) => windows.flatMap((one) => pairsOf(one, type)));
        expect(await runJob(() => aJob(joinJob(type)), batches)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it('writes the same bytes when it is restored in the middle, from a whole snapshot or from deltas', async () => {
    await fc.assert(
      fc.asyncProperty(
        someBatches,
        someType,
        fc.nat(12),
        fc.array(fc.nat(12)),
        async (batches, type, restoreBefore, snapshotAfter) => {
          const job = () => aJob(joinJob(type));
          const straight = await runJob(job, batches);
          expect(await runJob(job, batches, { restoreBefore })).toEqual(straight);
          expect(await runOverDeltas(job, batches, { restoreBefore, snapshotAfter })).toEqual(straight);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('counts a row whose window is over as late, and sends it to the output of its side', async () => {
    const build: Build = (job) => {
      const rows = input<Row>(job).eventTime('time', { timestamp: 't', outOfOrderness: 0 }).keyBy('k');
      const nothing = rows.filter(() => false);
      const joined = rows.join('join', nothing, { window: 10, type: 'left', select: ({ n }) => n });
      joined.output('late-left').to('out', toOut);
    };
    const graph = createInProcessGraph(aJob(build));
    await graph.run(aBatch(1, { timeMs: 1, records: [{ k: 'a', t: 30, n: 1 }] }));
    const { sinks, counts } = await graph.run(aBatch(2, { timeMs: 2, records: [{ k: 'a', t: 19, n: 2 }] }));
    expect(new TextDecoder().decode(sinks.get('out')?.bytes)).toBe('["a",{"k":"a","t":19,"n":2}]\n');
    expect(counts.get('join')).toEqual({ late: 1 });
  });

  it('gives its rows to what stands behind it as rows of that window', async () => {
    const build: Build = (job) => {
      const rows = input<Row>(job).eventTime('time', { timestamp: 't', outOfOrderness: 0 }).keyBy('k');
      rows
        .join('join', rows, { window: 10, select: () => 1 })
        .reduceByKey((a, b) => a + b)
        .map(([key, pairs], { windowStartMs, windowEndMs }) => [windowStartMs, windowEndMs, key, pairs])
        .to('out', toOut);
    };
    const records = [3, 4, 15, 99].map((t) => ({ k: 'a', t, n: t }));
    expect(await runJob(() => aJob(build), [{ timeMs: 1, records }])).toEqual([
      [
        [0, 10, 'a', 4],
        [10, 20, 'a', 1],
      ],
    ]);
  });
});

describe('cogroup', () => {
  it('gives all rows of a key and window to one call', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, async (batches) => {
        const { closed, late } = windowsOf(batches);
        const graph = createInProcessGraph(aJob(cogroupJob));
        let counted = 0;
        for (const [index, batch] of batches.entries()) {
          const { sinks, counts } = await graph.run(aBatch(index + 1, batch));
          const rows = closed[index]?.map(({ startMs, key, lefts, rights }) => [startMs, key, lefts, rights]) ?? [];
          const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
          expect(new TextDecoder().decode(sinks.get('out')?.bytes)).toBe(text);
          counted += counts.get('both')?.['late'] ?? 0;
        }
        expect(counted).toBe(late);
      }),
      { numRuns: 80 },
    );
  });

  it('writes the same bytes when it is restored in the middle, from a whole snapshot or from deltas', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, fc.nat(12), fc.array(fc.nat(12)), async (batches, restoreBefore, snapshotAfter) => {
        const job = () => aJob(cogroupJob);
        const straight = await runJob(job, batches);
        expect(await runJob(job, batches, { restoreBefore })).toEqual(straight);
        expect(await runOverDeltas(job, batches, { restoreBefore, snapshotAfter })).toEqual(straight);
      }),
      { numRuns: 25 },
    );
  });

  it('fails when a key of a window has more rows than it may', async () => {
    const build: Build = (job) => {
      const rows = input<Row>(job).eventTime('time', { timestamp: 't', outOfOrderness: 0 }).keyBy('k');
      rows.cogroup('both', rows, { window: 10, rowsPerKeyMax: 1 }, () => []).to('out', toOut);
    };
    const records = [1, 2].map((n) => ({ k: 'a', t: 5, n }));
    await expect(runJob(() => aJob(build), [{ timeMs: 1, records }])).rejects.toMatchObject({
      code: 'state_over_bound',
      params: { operator: 'both', key: '"a"', bound: 'rowsPerKeyMax of 1 rows of a key' },
    });
  });
});
