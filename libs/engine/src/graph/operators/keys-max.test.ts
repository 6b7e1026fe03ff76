import { describe, expect, it } from 'vitest';
import { createInProcessGraph } from '../in-process-graph.js';
import { aBatch, aJob, input, toOut, type Build } from '../testing/run-job.js';

interface Row {
  readonly k: string;
  /** Keeps state, gives it up, or only looks. */
  readonly does: 'keep' | 'forget' | 'look';
}

const keysMax = 2;

const OPERATORS: { readonly [kind: string]: Build } = {
  process: (job) => {
    input<Row>(job)
      .keyBy('k')
      .process('p', {
        state: { n: 0 },
        keysMax,
        onRecord: ({ does }, { state }) => {
          if (does === 'keep') state.set('n', state.get('n') + 1);
          if (does === 'forget') state.clear();
        },
      })
      .to('out', toOut);
  },
  'the timers of process': (job) => {
    input<Row>(job)
      .keyBy('k')
      .process('p', {
        state: {},
        keysMax,
        onRecord: ({ does }, { timers }) => {
          if (does === 'keep') timers.processingTime(1_000_000);
          if (does === 'forget') timers.deleteProcessingTime(1_000_000);
        },
        onTimer: () => undefined,
      })
      .to('out', toOut);
  },
  mapWithState: (job) => {
    input<Row>(job)
      .keyBy('k')
      .mapWithState('p', {
        keysMax,
        update(row: Row | undefined, state: { update(n: number): void; remove(): void }) {
          if (row?.does === 'keep') state.update(1);
          if (row?.does === 'forget') state.remove();
          return 1;
        },
      })
      .to('out', toOut);
  },
};

const row = (k: string, does: Row['does']): Row => ({ k, does });

describe('keysMax', () => {
  describe.each(Object.entries(OPERATORS))('of %s', (_, build) => {
    const run = (...batches: readonly (readonly Row[])[]) => {
      const graph = createInProcessGraph(aJob(build));
      return batches.reduce(async (before, records, index) => {
        await before;
        await graph.run(aBatch(index + 1, { timeMs: (index + 1) * 1_000, records }));
      }, Promise.resolve());
    };
    const passed = { code: 'state_over_bound', params: { operator: 'p', bound: 'keysMax of 2', key: '"c"' } };

    it('counts the keys that have state, not those that were forgotten in the same batch or only look', async () => {
      await run(
        [row('a', 'keep'), row('b', 'keep'), row('x', 'look'), row('a', 'forget'), row('c', 'keep')],
        [row('y', 'look'), row('b', 'forget'), row('b', 'forget'), row('d', 'keep')],
      );
    });

    it('fails where there would be one more', async () => {
      await expect(run([row('a', 'keep'), row('b', 'keep')], [row('c', 'keep')])).rejects.toMatchObject(passed);
    });

    it('fails where a key that was forgotten would be one more again', async () => {
      const rows = [row('c', 'keep'), row('c', 'forget'), row('a', 'keep'), row('b', 'keep'), row('c', 'keep')];
      await expect(run(rows)).rejects.toMatchObject(passed);
    });
  });

  it('of updateStateByKey counts the keys that have state once their values are known', async () => {
    const build: Build = (job) => {
      input<Row>(job)
        .keyBy('k')
        .updateStateByKey('p', (rows) => (rows.at(-1)?.does === 'keep' ? 1 : undefined), { keysMax })
        .to('out', toOut);
    };
    const graph = createInProcessGraph(aJob(build));
    await graph.run(aBatch(1, { timeMs: 1_000, records: [row('x', 'look'), row('a', 'keep'), row('b', 'keep')] }));
    await graph.run(aBatch(2, { timeMs: 2_000, records: [row('a', 'forget'), row('c', 'keep')] }));
    await expect(graph.run(aBatch(3, { timeMs: 3_000, records: [row('d', 'keep')] }))).rejects.toMatchObject({
      code: 'state_over_bound',
      params: { bound: 'keysMax of 2', key: '"d"' },
    });
  });
});
