import type { ProcessContext } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyDictionary } from '../../state/key-dictionary.js';
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

interface Row {
  readonly k: string;
  readonly at: number;
  /** Sets a timer so much later than `at`, or deletes it. */
  readonly inMs: number;
  readonly kind: 'eventTime' | 'processingTime';
  readonly set: boolean;
}

interface Timer {
  readonly k: string;
  readonly kind: string;
  readonly ms: number;
}

const someRow = fc.record<Row>({
  k: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  at: fc.integer({ min: 0, max: 20 }).map((n) => n * 500),
  inMs: fc.integer({ min: -3, max: 8 }).map((n) => n * 500),
  kind: fc.constantFrom('eventTime', 'processingTime'),
  set: fc.boolean(),
});
const someBatches = fc
  .array(fc.array(someRow, { maxLength: 6 }), { minLength: 1, maxLength: 12 })
  .map((batches): readonly TestBatch[] => batches.map((records, index) => ({ timeMs: (index + 1) * 1_000, records })));

/** Counts what comes; each timer tells what was counted and, mostly, sets others: for the past, now, or a bit later. */
const timers: Build = (job) => {
  input<Row>(job)
    .eventTime('times', { timestamp: 'at', outOfOrderness: 1_000 })
    .keyBy('k')
    .process('timers', {
      state: { count: 0, last: null as Row | null, open: false },
      onRecord: (row, { state, timers: own, emit, timeMs }) => {
        state.set('count', state.get('count') + 1);
        state.set('last', row);
        state.set('open', row.set);
        const ms = timeMs + row.inMs;
        if (row.kind === 'eventTime') (row.set ? own.eventTime : own.deleteEventTime)(ms);
        else (row.set ? own.processingTime : own.deleteProcessingTime)(ms);
        emit(['record', state.get('count'), state.get('last')?.inMs ?? 0]);
      },
      onTimer: (ms, kind, { state, timers: own, emit, key, batchTimeMs }) => {
        emit([key, kind, ms, state.get('count'), state.get('open')]);
        if (state.get('count') % 3 === 2) own.processingTime(batchTimeMs);
        if (state.get('count') % 3 === 1) own.eventTime(ms - 700);
        if (state.get('count') % 4 === 0) own[kind](ms + 500);
        if (state.get('count') % 3 === 0) state.clear();
        else state.set('count', state.get('count') + 1);
      },
    })
    .to('out', toOut);
};

/** The engine's own order of keys. */
const keyOrder = new KeyDictionary();
const compareKeys = (a: string, b: string): number => keyOrder.compare(keyOrder.idOfKey(a), keyOrder.idOfKey(b));

/** Straight from the definition. */
function expectedRows(batches: readonly TestBatch[]): unknown[][] {
  const state = new Map<string, { count: number; open: boolean }>();
  let set: Timer[] = [];
  let newest = -Infinity;
  return batches.map(({ timeMs: batchTimeMs, records }) => {
    const rows: unknown[] = [];
    for (const row of records as readonly Row[]) {
      newest = Math.max(newest, row.at);
      const count = (state.get(row.k)?.count ?? 0) + 1;
      state.set(row.k, { count, open: row.set });
      const timer = { k: row.k, kind: row.kind, ms: row.at + row.inMs };
      set = set.filter((one) => JSON.stringify(one) !== JSON.stringify(timer));
      if (row.set) set.push(timer);
      rows.push([row.k, ['record', count, row.inMs]]);
    }
    const isDue = ({ kind, ms }: Timer): boolean => ms <= (kind === 'eventTime' ? newest - 1_000 : batchTimeMs);
    const add = (timer: Timer): void => {
      if (!set.some((one) => JSON.stringify(one) === JSON.stringify(timer))) set.push(timer);
    };
    for (;;) {
      const [timer] = set
        .filter(isDue)
        .sort((a, b) => (a.kind === b.kind ? a.ms - b.ms || compareKeys(a.k, b.k) : a.kind < b.kind ? -1 : 1));
      if (timer === undefined) break;
      const { k, kind, ms } = timer;
      set = set.filter((one) => one !== timer);
      const { count, open } = state.get(k) ?? { count: 0, open: false };
      rows.push([k, [k, kind, ms, count, open]]);
      if (count % 3 === 2) add({ k, kind: 'processingTime', ms: batchTimeMs });
      if (count % 3 === 1) add({ k, kind: 'eventTime', ms: ms - 700 });
      if (count % 4 === 0) add({ k, kind, ms: ms + 500 });
      if (count % 3 === 0) state.delete(k);
      else state.set(k, { count: count + 1, open });
    }
    return rows;
  });
}

describe('process', () => {
  it('calls its code and its timers as their definition says', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, async (batches) => {
        expect(await runJob(() => aJob(timers), batches)).toEqual(expectedRows(batches));
      }),
      { numRuns: 150 },
    );
  });

  it.each([false, true])('writes the same bytes when it is restored in the middle (deltas: %s)', async (deltas) => {
    await fc.assert(
      fc.asyncProperty(someBatches, fc.nat(12), async (batches, restoreBefore) => {
        const job = () => aJob(timers);
        expect(await runRestored(job, batches, { restoreBefore, deltas })).toEqual(await runJob(job, batches));
      }),
      { numRuns: 80 },
    );
  });

  const processing =
    (
      onRecord: (
        value: { k: string },
        context: ProcessContext<string, unknown, { n: number; list: number[] }>,
      ) => unknown,
      more: { outputs?: readonly string[]; timersMax?: number; keysMax?: number } = {},
    ): Build =>
    (job) => {
      const processed = input<{ k: string }>(job)
        .keyBy('k')
        .process('p', { state: { n: 0, list: [] as number[] }, onRecord, onTimer: () => undefined, ...more });
      processed.to('out', toOut);
      if (more.outputs !== undefined) processed.output('side').to('side', toOut);
    };
  const run = async (build: Build, records: readonly { k: string }[] = [{ k: 'a' }]) =>
    rowsOf(createInProcessGraph(aJob(build)), aBatch(1, { timeMs: 1_000, records }));

  it('gives copies of its state, and keeps copies', async () => {
    const rows = await run(
      processing((_, { state, emit }) => {
        const list = state.get('list');
        list.push(1);
        emit(state.get('list').length);
        state.set('list', list);
        list.push(2);
        emit(state.get('list'));
      }),
    );
    expect(rows).toEqual([
      ['a', 0],
      ['a', [1]],
    ]);
  });

  it('sends rows to the outputs that it declares', async () => {
    const build = processing(
      (_, { output }) => {
        output('side', { of: 1 });
      },
      { outputs: ['side'] },
    );
    const graph = createInProcessGraph(aJob(build));
    expect(await rowsOf(graph, aBatch(1, { timeMs: 1_000, records: [{ k: 'a' }] }), 'side')).toEqual([
      ['a', { of: 1 }],
    ]);
  });

  it('keeps no key that has no state', async () => {
    const graph = createInProcessGraph(
      aJob(
        processing(({ k }, { state }) => {
          state.get('n');
          state.set('n', 1);
          if (k !== 'kept') state.clear();
        }),
      ),
    );
    const { stateKeys } = await graph.run(
      aBatch(1, { timeMs: 1_000, records: [{ k: 'a' }, { k: 'kept' }, { k: 'b' }] }),
    );
    expect(stateKeys.get('p')).toBe(1);
  });

  it.each<[string, Build, string]>([
    [
      'a state that it does not declare',
      processing((_, { state }) => {
        state.get('x' as 'n');
      }),
      'no state "x"',
    ],
    [
      'what a number cannot be',
      processing((_, { state }) => {
        state.set('n', Number.NaN);
      }),
      'finite numbers',
    ],
    [
      'an output that it does not declare',
      processing((_, { output }) => {
        output('x', 1);
      }),
      'no output "x"',
    ],
    [
      'event time where there is none',
      processing((_, { timers: t }) => {
        t.eventTime(1);
      }),
      'needs eventTime',
    ],
    [
      'half a millisecond',
      processing((_, { timers: t }) => {
        t.processingTime(1.5);
      }),
      'whole number',
    ],
    ['a promise', processing(() => Promise.resolve()), 'promise'],
  ])('refuses %s', async (_name, build, reason) => {
    await expect(run(build)).rejects.toMatchObject({
      code: 'job_code_threw',
      params: { reason: expect.stringContaining(reason) },
    });
  });

  it('fails where a key would have more timers than it may, or where there would be too many keys', async () => {
    const timed = processing(
      (_, { timers: t }) => {
        [2_000, 3_000].forEach((ms) => {
          t.processingTime(ms);
        });
      },
      { timersMax: 1 },
    );
    const kept = processing(
      (_, { state }) => {
        state.set('n', 1);
      },
      { keysMax: 2 },
    );
    await expect(run(timed)).rejects.toMatchObject({
      code: 'state_over_bound',
      params: { operator: 'p', bound: 'timersMax of 1 for a key', key: '"a"' },
    });
    await expect(
      run(
        kept,
        ['a', 'b', 'c'].map((k) => ({ k })),
      ),
    ).rejects.toMatchObject({
      code: 'state_over_bound',
      params: { operator: 'p', bound: 'keysMax of 2', key: '"c"' },
    });
  });

  it('begins new cells of a later revision with what they begin with', async () => {
    const revision =
      (state: { readonly [name: string]: unknown }, read: string): Build =>
      (job) => {
        input<{ k: string }>(job)
          .keyBy('k')
          .process('p', {
            state,
            onRecord: (_, { state: own, emit }) => {
              own.set('n', 5);
              emit(own.get(read));
            },
          })
          .to('out', toOut);
      };
    const before = createInProcessGraph(aJob(revision({ n: 0 }, 'n')));
    await before.run(aBatch(1, { timeMs: 1_000, records: [{ k: 'a' }] }));
    const snapshot = await before.snapshot('full');
    const after = createInProcessGraph(aJob(revision({ n: 0, more: 7 }, 'more')));
    for (let block = await snapshot.next(); block !== undefined; block = await snapshot.next())
      await after.restore(block.uid, block.bytes);
    expect(await rowsOf(after, aBatch(2, { timeMs: 2_000, records: [{ k: 'a' }] }))).toEqual([['a', 7]]);
  });

  it('remembers over a restore that a key was read, and not only what was set', async () => {
    const readOrSet: Build = (job) => {
      input<{ k: string; set?: true }>(job)
        .keyBy('k')
        .process('p', {
          state: { n: 0 },
          ttl: { after: '2500 ms' },
          onRecord: ({ set }, { state, emit }) => {
            if (set === true) state.set('n', state.get('n') + 1);
            emit(state.get('n'));
          },
        })
        .to('out', toOut);
    };
    const batches = [
      { timeMs: 1_000, records: [{ k: 'a', set: true }] },
      { timeMs: 2_000, records: [{ k: 'a' }] },
      { timeMs: 4_000, records: [] },
      { timeMs: 4_200, records: [{ k: 'a' }] },
    ];
    const restored = await runRestored(() => aJob(readOrSet), batches, { restoreBefore: 2, deltas: true });
    expect(restored.at(-1)).toEqual([['a', 1]]);
  });

  it('forgets what a timer has set as well, in the same batch whether it was restored or not', async () => {
    const setByTimer: Build = (job) => {
      input<{ k: string; wait?: true }>(job)
        .keyBy('k')
        .process('p', {
          state: { n: 0 },
          ttl: { after: '2 s' },
          onRecord: ({ wait }, { state, timers: own, batchTimeMs, emit }) => {
            if (wait === true) own.processingTime(batchTimeMs + 1_000);
            else emit(state.get('n'));
          },
          onTimer: (_ms, _kind, { state }) => {
            state.set('n', 7);
          },
        })
        .to('out', toOut);
    };
    const batches = [
      { timeMs: 1_000, records: [{ k: 'a', wait: true }] },
      { timeMs: 2_000, records: [] },
      { timeMs: 3_000, records: [] },
      { timeMs: 5_000, records: [] },
      { timeMs: 6_000, records: [{ k: 'a' }] },
    ];
    const job = () => aJob(setByTimer);
    expect((await runJob(job, batches)).at(-1)).toEqual([['a', 0]]);
    expect((await runRestored(job, batches, { restoreBefore: 2, deltas: true })).at(-1)).toEqual([['a', 0]]);
  });

  it('keeps nothing of a key that only takes timers away', async () => {
    const graph = createInProcessGraph(
      aJob(
        processing((_, { timers: own }) => {
          own.deleteProcessingTime(5);
        }),
      ),
    );
    const { stateKeys } = await graph.run(aBatch(1, { timeMs: 1_000, records: [{ k: 'a' }, { k: 'b' }] }));
    expect(stateKeys.get('p')).toBe(0);
  });
});
