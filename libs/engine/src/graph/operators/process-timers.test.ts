import type { JobBuilder } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInProcessGraph } from '../in-process-graph.js';
import { aBatch, aJob, input, rowsOf, runJob, toOut, type Build } from '../testing/run-job.js';

type Kind = 'eventTime' | 'processingTime';

interface Row {
  readonly k: string;
  readonly at: number;
  /** Timers to set. */
  readonly set?: readonly number[];
}

/** What a timer does: it may set others. */
type OnTimer = (
  ms: number,
  kind: Kind,
  context: {
    readonly key: string;
    readonly timers: { readonly [K in Kind]: (ms: number) => void };
    readonly batchTimeMs: number;
  },
) => void;

/** Sets timers for each record, and emits each timer that fires before it does what `onTimer` says. */
const timersOf = (onTimer: OnTimer, kind: Kind = 'eventTime'): Build =>
  function build(job: JobBuilder) {
    input<Row>(job)
      .eventTime('times', { timestamp: 'at', outOfOrderness: 0 })
      .keyBy('k')
      .process('p', {
        state: {},
        onRecord: ({ set = [] }, { timers }) => {
          for (const ms of set) timers[kind](ms);
        },
        onTimer: (ms, of, context) => {
          context.emit(of === 'eventTime' ? ms : `p${ms}`);
          onTimer(ms, of, context);
        },
      })
      .to('out', toOut);
  };

const runOne = async (build: Build, records: readonly Row[], timeMs = 1_000): Promise<readonly unknown[]> =>
  rowsOf(createInProcessGraph(aJob(build)), aBatch(1, { timeMs, records }));
const times = (rows: readonly unknown[]): readonly unknown[] => rows.map((row) => (row as readonly unknown[])[1]);

describe('the timers of process', () => {
  it('fire by time, also those that timers set', async () => {
    const build = timersOf((ms, _, { timers }) => {
      if (ms < 4_000) timers.eventTime(ms + 1_000);
    });
    const rows = await runOne(build, [{ k: 'a', at: 9_000, set: [1_000, 5_000] }]);
    expect(times(rows)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
  });

  it('fire in event time as soon as they are due, also those that a timer in processing time sets', async () => {
    const build = timersOf((ms, kind, { timers }) => {
      if (kind === 'processingTime') timers.eventTime(ms * 10);
    }, 'processingTime');
    expect(times(await runOne(build, [{ k: 'a', at: 9_000, set: [300, 100] }]))).toEqual([
      'p100',
      1_000,
      'p300',
      3_000,
    ]);
  });

  const someInput = fc.array(
    fc.record({ k: fc.constantFrom('a', 'b', 'c'), step: fc.integer({ min: 0, max: 40 }), inMs: fc.nat(30) }),
    { maxLength: 12 },
  );

  it('fire the same in the same order, however the input falls into batches', async () => {
    const build = timersOf((ms, _, { timers }) => {
      if (ms % 3 !== 0) timers.eventTime(ms + 1 + (ms % 5));
      if (ms % 4 === 1) timers.eventTime(ms + 7);
    });
    await fc.assert(
      fc.asyncProperty(someInput, fc.array(fc.nat(12)), async (steps, cuts) => {
        let at = 0;
        const rows = steps.map(({ k, step, inMs }): Row => ({ k, at: (at += step), set: [at + inMs + 1] }));
        const all = [...rows, { k: 'end', at: at + 1_000 }];
        const batches = all.reduce<Row[][]>(
          (cut, row, index) => {
            if (cuts.includes(index)) cut.push([]);
            cut.at(-1)?.push(row);
            return cut;
          },
          [[]],
        );
        const inBatches = (parts: readonly Row[][]) =>
          runJob(
            () => aJob(build),
            parts.map((records, index) => ({ timeMs: index + 1, records })),
          );
        expect((await inBatches(batches)).flat()).toEqual((await inBatches([all])).flat());
      }),
      { numRuns: 100 },
    );
  });

  it('go on after a pause, however often a timer that sets the next one has to fire', async () => {
    const build = timersOf((ms, kind, { timers }) => {
      timers[kind](ms + 1_000);
    }, 'processingTime');
    const rows = await runOne(build, [{ k: 'a', at: 0, set: [0] }], 3_000_000);
    expect(times(rows)).toEqual(Array.from({ length: 3_001 }, (_, index) => `p${index * 1_000}`));
  });

  it('may go back in time, as often as it takes a key to an end', async () => {
    const build = timersOf((ms, _, { timers }) => {
      if (ms > 4_100) timers.eventTime(ms - 1);
    });
    const keys = ['a', 'b', 'c'].map((k) => ({ k, at: 9_000, set: [5_000] }));
    expect(await runOne(build, keys)).toHaveLength(3 * 901);
  });

  it.each<[string, OnTimer]>([
    [
      'set themselves',
      (ms, kind, { timers }) => {
        timers[kind](ms);
      },
    ],
    [
      'go back and back',
      (ms, kind, { timers }) => {
        timers[kind](ms - 1);
      },
    ],
    [
      'go to and fro',
      (ms, kind, { timers }) => {
        timers[kind](ms % 2 === 0 ? ms - 1 : ms + 1);
      },
    ],
    [
      'go from one kind to the other',
      (_, kind, { timers, batchTimeMs }) => {
        if (kind === 'eventTime') timers.processingTime(batchTimeMs);
        else timers.eventTime(7);
      },
    ],
  ])('end the job where they %s without end, and it names operator and key', async (_, onTimer) => {
    const run = runOne(timersOf(onTimer), [
      { k: 'fine', at: 8_000 },
      { k: 'a', at: 9_000, set: [8_000] },
    ]);
    await expect(run).rejects.toMatchObject({
      code: 'job_code_threw',
      params: {
        operator: expect.stringContaining('"p"'),
        reason: 'timers go on setting timers for a time that has come (key "a")',
      },
    });
  });
});
