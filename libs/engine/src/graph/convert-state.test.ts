import { judgeState, type BundleManifest } from '@tidemark/domain';
import type { JobDefinition, State } from '@tidemark/streams';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { takeOver } from '../micro-batch/take-over.js';
import type { GraphRuntime } from '../ports.js';
import { checkDefinition } from './check-definition.js';
import { createInProcessGraph } from './in-process-graph.js';
import { aBatch, aJob, blocksOf, input, rowsOf, toOut, type Build } from './testing/run-job.js';

interface Row {
  readonly k: string;
  readonly n: number;
}

function manifestOf(definition: JobDefinition): BundleManifest {
  const checked = checkDefinition(definition);
  if (checked.outcome === 'invalid') throw new Error(JSON.stringify(checked.problems[0]));
  return checked.manifest;
}

const someRows = (n: number): readonly Row[] => ['a', 'b'].map((k) => ({ k, n }));

/** The new job, with what the old one kept of its batches: a base, and a delta on it. */
async function upgraded(
  before: Build,
  after: Build,
): Promise<{ readonly graph: GraphRuntime; readonly verdict: string }> {
  const [old, now] = [aJob(before), aJob(after)];
  const [from, to] = [manifestOf(old), manifestOf(now)];
  const running = createInProcessGraph(old);
  await running.run(aBatch(1, { timeMs: 1_000, records: someRows(1) }));
  const stored = [...(await blocksOf(await running.snapshot('full')))];
  await running.run(aBatch(2, { timeMs: 2_000, records: [{ k: 'a', n: 10 }] }));
  stored.push(...(await blocksOf(await running.snapshot('delta'))));
  const verdicts = judgeState(from.shapes, to);
  const graph = createInProcessGraph(now);
  const blocks = (uid: string) => stored.filter((block) => block.uid === uid).map(({ bytes }) => bytes);
  await takeOver(graph, { shapes: from.shapes, blocks }, verdicts);
  return { graph, verdict: verdicts.map(({ verdict }) => verdict).join() };
}

const next = (graph: GraphRuntime) => rowsOf(graph, aBatch(3, { timeMs: 3_000, records: someRows(100) }));

const folding =
  (schema: z.ZodType<object, object> | undefined, initial: object, more: object = {}): Build =>
  (job) => {
    input<Row>(job)
      .keyBy('k')
      .fold<object>('f', {
        initial,
        ...(schema === undefined ? {} : { schema }),
        fold: (state, { n }) => ({ ...state, sum: ((state as { sum?: number }).sum ?? 0) + n }),
        ...more,
      })
      .to('out', toOut);
  };

describe('a fold', () => {
  const before = folding(z.object({ sum: z.number(), seen: z.boolean() }), { sum: 0, seen: true });

  it('goes on with a member less, and one more that is optional or has a default', async () => {
    const schema = z.object({ sum: z.number(), note: z.string().optional(), tags: z.array(z.string()).default(['x']) });
    const { graph, verdict } = await upgraded(before, folding(schema, { sum: 0 }));
    expect(verdict).toBe('evolve');
    expect(await next(graph)).toEqual([
      ['a', { sum: 111, tags: ['x'] }],
      ['b', { sum: 101, tags: ['x'] }],
    ]);
  });

  it('goes on with a member that may be missing, and is', async () => {
    const optional = z.object({ sum: z.number(), note: z.string().optional(), seen: z.boolean() });
    const { graph, verdict } = await upgraded(
      folding(optional, { sum: 0, seen: true }),
      folding(optional.omit({ seen: true }), { sum: 0 }),
    );
    expect(verdict).toBe('evolve');
    expect(await next(graph)).toEqual([
      ['a', { sum: 111 }],
      ['b', { sum: 101 }],
    ]);
  });

  it('goes on where a column of numbers becomes one of anything', async () => {
    const { graph, verdict } = await upgraded(
      before,
      folding(z.object({ sum: z.number().nullable(), seen: z.boolean() }), { sum: null, seen: false }),
    );
    expect(verdict).toBe('evolve');
    expect(await next(graph)).toEqual([
      ['a', { sum: 111, seen: true }],
      ['b', { sum: 101, seen: true }],
    ]);
  });

  it('goes on without a schema', async () => {
    const { graph, verdict } = await upgraded(before, folding(undefined, {}));
    expect(verdict).toBe('evolve');
    expect(await next(graph)).toEqual([
      ['a', { sum: 111, seen: true }],
      ['b', { sum: 101, seen: true }],
    ]);
  });

  it('is migrated over several versions, from no schema to one', async () => {
    const after = folding(
      z.object({ sum: z.number(), times: z.number() }),
      { sum: 0, times: 0 },
      {
        version: 3,
        migrate: {
          1: ({ sum }: { sum: number }) => ({ total: sum }),
          2: ({ total }: { total: number }) => ({ sum: total * 1_000, times: 1 }),
        },
      },
    );
    const { graph, verdict } = await upgraded(folding(undefined, {}), after);
    expect(verdict).toBe('migrate');
    expect(await next(graph)).toEqual([
      ['a', { sum: 11_100, times: 1 }],
      ['b', { sum: 1_100, times: 1 }],
    ]);
  });

  it.each<[string, (state: never) => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
      'the migration from version 1 threw: no',
    ],
    ['answers nothing', () => undefined, 'the migration answered nothing'],
    ['answers another form', () => ({ sum: 'a' }), 'does not fit its schema at $.sum: expected number, found string'],
    ['answers what is no JSON', () => ({ sum: new Map() }), 'sum'],
    ['answers later', () => Promise.resolve({ sum: 1 }), 'Promise'],
    [
      'cannot even throw',
      () => {
        throw {
          toString() {
            throw new Error();
          },
        };
      },
      'something that cannot be told',
    ],
  ])('is not taken over by a step that %s: operator, key and reason are named', async (_, step, reason) => {
    const after = folding(z.object({ sum: z.number() }), { sum: 0 }, { version: 2, migrate: { 1: step } });
    await expect(upgraded(before, after)).rejects.toMatchObject({
      code: 'state_conversion_failed',
      params: { operator: 'f', key: '"a"', reason: expect.stringContaining(reason) as string },
    });
  });
});

describe('process', () => {
  const counting =
    (state: object, more: object = {}): Build =>
    (job) => {
      input<Row>(job)
        .keyBy('k')
        .process<unknown, { [name: string]: unknown }>('p', {
          state: { ...state },
          ttl: { after: '1 h' },
          onRecord: ({ n }, { state: cells, emit, timers }) => {
            cells.set('sum', Number(cells.get('sum')) + n);
            timers.processingTime(1_000_000);
            emit(Object.fromEntries(Object.keys(state).map((name) => [name, cells.get(name)])));
          },
          onTimer: () => undefined,
          ...more,
        })
        .to('out', toOut);
    };

  it('goes on with other cells: those that came begin, also where a base and a delta hold what was before', async () => {
    const { graph, verdict } = await upgraded(
      counting({ sum: 0, gone: [1] }),
      counting({ sum: 0, open: true, list: [2] }),
    );
    expect(verdict).toBe('evolve');
    expect(await next(graph)).toEqual([
      ['a', { sum: 111, open: true, list: [2] }],
      ['b', { sum: 101, open: true, list: [2] }],
    ]);
  });

  it('is refused where a number becomes something else, and migrated by a step', async () => {
    const after = { version: 2, migrate: { 1: ({ sum }: { sum: number }) => ({ sum: [sum] }) } };
    const verdicts = judgeState(
      manifestOf(aJob(counting({ sum: 0 }))).shapes,
      manifestOf(aJob(counting({ sum: true }))),
    );
    expect(verdicts).toMatchObject([{ verdict: 'refused', reason: '"p": value.sum was number and is now boolean' }]);
    const { graph, verdict } = await upgraded(counting({ sum: 0 }), counting({ sum: [0] }, after));
    expect(verdict).toBe('migrate');
    expect(await next(graph)).toEqual([
      ['a', { sum: 111 }],
      ['b', { sum: 101 }],
    ]);
  });
});

describe('a state in one column', () => {
  const visits = z.object({ pages: z.number() });
  const updating =
    (more: object = {}): Build =>
    (job) => {
      input<Row>(job)
        .keyBy('k')
        .updateStateByKey<unknown>('u', (values, state) => ({ ...(state as object), last: values.length }), more)
        .to('out', toOut);
    };
  const mapping =
    (more: object = {}): Build =>
    (job) => {
      input<Row>(job)
        .keyBy('k')
        .mapWithState<unknown, unknown>('m', {
          timeout: '1 h',
          update: (row: Row | undefined, state: State<unknown>) => {
            state.update({ ...(state.get() as object), pages: row?.n ?? 0 });
            return state.get();
          },
          ...more,
        })
        .to('out', toOut);
    };

  it.each([
    ['updateStateByKey', updating, { last: 1 }],
    ['mapWithState', mapping, { pages: 100 }],
  ] as const)('of %s is migrated', async (_, build, own) => {
    const step = (state: object) => ({ ...state, migrated: true });
    const { graph, verdict } = await upgraded(build(), build({ version: 2, migrate: { 1: step } }));
    expect(verdict).toBe('migrate');
    expect(await next(graph)).toEqual([
      ['a', { ...own, migrated: true }],
      ['b', { ...own, migrated: true }],
    ]);
  });

  it('is held to its schema', async () => {
    const graph = createInProcessGraph(aJob(updating({ schema: visits })));
    await expect(next(graph)).rejects.toMatchObject({
      code: 'job_code_threw',
      params: { reason: expect.stringContaining('the state does not fit its schema at $.pages') as string },
    });
    const mapped = createInProcessGraph(aJob(mapping({ schema: z.object({ pages: z.string() }) })));
    await expect(next(mapped)).rejects.toMatchObject({
      params: { reason: expect.stringContaining('expected string, found number') as string },
    });
  });
});

describe('the definition', () => {
  it.each([
    [{ version: 0 }, 'the version of the state of fold must be a whole number from 1 to 10000'],
    [{ version: 2, migrate: { 2: () => 0 } }, 'the fold has a migration from version 2, and its state is of version 2'],
    [
      { version: 2, migrate: { x: () => 0 } },
      'the fold has a migration from version NaN, and its state is of version 2',
    ],
    [{ version: 2, migrate: { 1: 5 } }, 'the fold needs a function as its "migrate.1"'],
  ])('is refused with %j', (more, reason) => {
    expect(checkDefinition(aJob(folding(undefined, {}, more)))).toMatchObject({
      problems: [{ code: 'graph_invalid', params: { reason } }],
    });
  });

  it('knows the schema of a key that is a field of the source', () => {
    const record = z.object({ k: z.string(), n: z.number() });
    const definition = aJob((job) => {
      const rows = input<Row>(job);
      rows
        .filter(({ n }) => n > 0)
        .keyBy('k')
        .mapValues(({ n }) => n)
        .updateStateByKey('unknown', () => 0)
        .to('a', toOut);
    });
    expect(manifestOf(definition).shapes['unknown']).not.toHaveProperty('keySchema');
    const nodes = definition.nodes.map((node) =>
      node.kind === 'source' ? { ...node, schema: z.toJSONSchema(record, { io: 'input' }) } : node,
    );
    expect(manifestOf({ ...definition, nodes }).shapes['unknown']).toMatchObject({ keySchema: { type: 'string' } });
  });
});
