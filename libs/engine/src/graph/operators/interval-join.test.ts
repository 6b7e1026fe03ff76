import type { JoinType } from '@tidemark/streams';
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

interface Row {
  readonly s: 'l' | 'r';
  readonly k: string;
  readonly t: number;
  readonly n: number;
}
interface Spec {
  readonly type: JoinType;
  readonly before: number;
  readonly after: number;
  readonly disorder: number;
}

const joinJob =
  ({ type, before, after, disorder }: Spec): Build =>
  (job) => {
    const rows = input<Row>(job);
    const [lefts, rights] = (['l', 'r'] as const).map((side) =>
      rows
        .filter(({ s }) => s === side)
        .eventTime(`time-${side}`, { timestamp: 't', outOfOrderness: disorder })
        .keyBy('k'),
    );
    if (lefts === undefined || rights === undefined) return;
    const joined = lefts.join('join', rights, {
      within: { before, after },
      type,
      select: (left, right, key) => ({ key, left: left?.n ?? null, right: right?.n ?? null }),
    });
    joined.map(([, row]) => row).to('out', toOut);
    joined
      .output('late-left')
      .map(([, late]) => ({ late }))
      .to('late-left', toOut);
    joined
      .output('late-right')
      .map(([, late]) => ({ late }))
      .to('late-right', toOut);
  };

const someSpec = fc.record({
  type: fc.constantFrom<JoinType>('inner', 'left', 'right', 'full'),
  before: fc.integer({ min: 0, max: 40 }),
  after: fc.integer({ min: 0, max: 40 }),
  disorder: fc.integer({ min: 0, max: 20 }),
});
/** Time grows by about ten a batch, with rows from well before it. */
const someBatches = fc
  .array(
    fc.array(
      fc.record({ s: fc.constantFrom('l', 'r'), k: fc.constantFrom('a', 'b'), age: fc.integer({ min: 0, max: 60 }) }),
      { maxLength: 8 },
    ),
    { minLength: 1, maxLength: 14 },
  )
  .map((batches): readonly TestBatch[] => {
    let n = 0;
    return batches.map((rows, index) => ({
      timeMs: (index + 1) * 1_000,
      records: rows.map(({ s, k, age }) => ({ s, k, t: 100 + index * 12 - age, n: (n += 1) })),
    }));
  });

/** Straight from the definition: lists of all rows, and for each whether it has ended. */
function expectedOf(batches: readonly TestBatch[], { type, before, after, disorder }: Spec) {
  const held: { readonly row: Row; isPaired: boolean }[] = [];
  const newest = { l: -Infinity, r: -Infinity };
  let watermark = -Infinity;
  let late = 0;
  const endOf = ({ s, t }: Row): number => t + (s === 'l' ? after : before);
  const isPair = (l: Row, r: Row): boolean => l.k === r.k && r.t >= l.t - before && r.t <= l.t + after;
  const outputs = batches.map(({ records }) => {
    const out: unknown[] = [];
    for (const row of records as readonly Row[]) {
      newest[row.s] = Math.max(newest[row.s], row.t);
      if (endOf(row) < watermark) {
        late += 1;
        continue;
      }
      const one = { row, isPaired: false };
      for (const other of held) {
        if (other.row.s === row.s || endOf(other.row) < watermark) continue;
        const [l, r] = row.s === 'l' ? [row, other.row] : [other.row, row];
        if (!isPair(l, r)) continue;
        one.isPaired = true;
        other.isPaired = true;
        out.push({ key: l.k, left: l.n, right: r.n });
      }
      held.push(one);
    }
    watermark = Math.max(watermark, Math.min(newest.l, newest.r) - disorder);
    for (const one of held.filter(({ row }) => endOf(row) < watermark)) {
      const { row, isPaired } = one;
      held.splice(held.indexOf(one), 1);
      const isOuter = type === 'full' || type === (row.s === 'l' ? 'left' : 'right');
      if (isOuter && !isPaired) {
        out.push({ key: row.k, left: row.s === 'l' ? row.n : null, right: row.s === 'r' ? row.n : null });
      }
    }
    return out;
  });
  return { outputs, late, kept: new Set(held.map(({ row }) => row.k)).size };
}

const sorted = (rows: readonly unknown[]): readonly string[] => rows.map((row) => JSON.stringify(row)).sort();

describe('a join within an interval', () => {
  it('pairs what arrays of all rows pair, sends on what stays alone, and counts what is late', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, someSpec, async (batches, spec) => {
        const graph = createInProcessGraph(aJob(joinJob(spec)));
        const expected = expectedOf(batches, spec);
        let late = 0;
        for (const [index, batch] of batches.entries()) {
          const { sinks, counts } = await graph.run(aBatch(index + 1, batch));
          const text = new TextDecoder().decode(sinks.get('out')?.bytes);
          expect(
            text
              .split('\n')
              .filter((line) => line !== '')
              .sort(),
          ).toEqual(sorted(expected.outputs[index] ?? []));
          late += counts.get('join')?.['late'] ?? 0;
          const lateRows = (sinks.get('late-left')?.rows ?? 0) + (sinks.get('late-right')?.rows ?? 0);
          expect(lateRows).toBe(counts.get('join')?.['late'] ?? 0);
        }
        expect(late).toBe(expected.late);
      }),
      { numRuns: 100 },
    );
  });

  it('writes the same bytes when it is restored in the middle, from a whole snapshot or from deltas', async () => {
    await fc.assert(
      fc.asyncProperty(
        someBatches,
        someSpec,
        fc.nat(12),
        fc.array(fc.nat(12)),
        async (batches, spec, restoreBefore, snapshotAfter) => {
          const job = () => aJob(joinJob(spec));
          const straight = await runJob(job, batches);
          expect(await runJob(job, batches, { restoreBefore })).toEqual(straight);
          expect(await runOverDeltas(job, batches, { restoreBefore, snapshotAfter })).toEqual(straight);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('forgets a key once nothing can be paired with it', async () => {
    const job = aJob(joinJob({ type: 'inner', before: 16, after: 16, disorder: 0 }));
    const graph = createInProcessGraph(job);
    const keysAfter = async (batchId: number, records: readonly Row[]) =>
      (await graph.run(aBatch(batchId, { timeMs: batchId * 1_000, records }))).stateKeys.get('join');
    expect(await keysAfter(1, [{ s: 'l', k: 'a', t: 100, n: 1 }])).toBe(1);
    const later = [
      { s: 'l', k: 'b', t: 500, n: 2 },
      { s: 'r', k: 'b', t: 500, n: 3 },
    ] as const;
    expect(await keysAfter(2, later)).toBe(1);
  });

  it('sends on what stays alone in the order of time, whatever came first', async () => {
    const graph = createInProcessGraph(aJob(joinJob({ type: 'full', before: 50, after: 50, disorder: 0 })));
    const records = [
      { s: 'l', k: 'a', t: 103, n: 1 },
      { s: 'r', k: 'b', t: 101, n: 2 },
      { s: 'l', k: 'c', t: 300, n: 3 },
      { s: 'r', k: 'd', t: 300, n: 4 },
    ];
    expect(await rowsOf(graph, aBatch(1, { timeMs: 1, records }))).toEqual([
      { key: 'b', left: null, right: 2 },
      { key: 'a', left: 1, right: null },
    ]);
  });

  it('waits for the slower of the two streams', async () => {
    const graph = createInProcessGraph(aJob(joinJob({ type: 'left', before: 0, after: 0, disorder: 0 })));
    const left = (t: number, n: number) => ({ s: 'l', k: 'a', t, n });
    expect(await rowsOf(graph, aBatch(1, { timeMs: 1, records: [left(100, 1), left(900, 2)] }))).toEqual([]);
    const right = { s: 'r', k: 'b', t: 200, n: 3 };
    expect(await rowsOf(graph, aBatch(2, { timeMs: 2, records: [right] }))).toEqual([
      { key: 'a', left: 1, right: null },
    ]);
  });

  it('pairs a stream with itself', async () => {
    const build: Build = (job) => {
      const rows = input<Row>(job).eventTime('time', { timestamp: 't', outOfOrderness: 0 }).keyBy('k');
      rows
        .join('join', rows, { within: { before: 1, after: 1 }, select: (a, b) => [a.n, b.n] })
        .map(([, pair]) => pair)
        .to('out', toOut);
    };
    const records = [
      { k: 'a', t: 5, n: 1 },
      { k: 'a', t: 6, n: 2 },
    ];
    const [pairs] = await runJob(() => aJob(build), [{ timeMs: 1_000, records }]);
    expect(pairs?.map((pair) => JSON.stringify(pair)).sort()).toEqual(['[1,1]', '[1,2]', '[2,1]', '[2,2]']);
  });

  it('keeps what it keeps, whatever the job does to the rows that it gets', async () => {
    const build: Build = (job) => {
      const rows = input<Row & { seen: number }>(job).eventTime('time', { timestamp: 't', outOfOrderness: 0 });
      const [lefts, rights] = [rows.filter(({ s }) => s === 'l'), rows.filter(({ s }) => s === 'r')];
      lefts
        .keyBy('k')
        .join('join', rights.keyBy('k'), {
          within: { before: 100, after: 100 },
          select: (left) => (left.seen += 1),
        })
        .map(([, seen]) => seen)
        .to('out', toOut);
    };
    const right = { s: 'r', k: 'a', t: 5, n: 1, seen: 0 };
    const batches = [
      { timeMs: 1_000, records: [{ s: 'l', k: 'a', t: 5, n: 1, seen: 0 }] },
      { timeMs: 2_000, records: [right, right] },
    ];
    expect(await runJob(() => aJob(build), batches)).toEqual([[], [1, 1]]);
  });

  it('fails when a key has more rows than it may, and names operator, key and bound', async () => {
    const build: Build = (job) => {
      const rows = input<Row>(job).eventTime('time', { timestamp: 't', outOfOrderness: 0 }).keyBy('k');
      const options = { within: { before: 1, after: 1 }, rowsPerKeyMax: 2, select: () => 1 };
      rows
        .join(
          'join',
          rows.filter(() => false),
          options,
        )
        .to('out', toOut);
    };
    const records = [1, 2, 3].map((n) => ({ k: 'a', t: 5, n }));
    await expect(runJob(() => aJob(build), [{ timeMs: 1, records }])).rejects.toMatchObject({
      code: 'state_over_bound',
      params: { operator: 'join', key: '"a"', bound: 'rowsPerKeyMax of 2 rows of a key' },
    });
  });
});
