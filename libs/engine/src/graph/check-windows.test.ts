import {
  custom,
  everyBatch,
  everyCount,
  every,
  globalWindow,
  session,
  sliding,
  tumbling,
  type GlobalWindow,
  type TimeWindows,
  type Trigger,
  type WindowByOptions,
} from '@tidemark/streams';
import { TidemarkError } from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkDefinition } from './check-definition.js';
import { createInProcessGraph } from './in-process-graph.js';
import { aBatch, aJob, input, toOut } from './testing/run-job.js';

interface Event {
  readonly k: string;
  readonly t: number;
}

const withWindows = (windows: TimeWindows | GlobalWindow, options: WindowByOptions = {}, isTimed = true) =>
  aJob((job) => {
    const events = input<Event>(job);
    const timed = isTimed ? events.eventTime('time', { timestamp: 't', outOfOrderness: '5 s' }) : events;
    const windowed = timed.keyBy('k').windowBy(windows as TimeWindows, options);
    windowed.fold('counts', { initial: 0, fold: (n) => n + 1 }).to('out', toOut);
  });

function reasonOf(definition: unknown): string {
  const checked = checkDefinition(definition);
  const [problem] = checked.outcome === 'invalid' ? checked.problems : [];
  return problem?.code === 'graph_invalid' ? problem.params.reason : '';
}

describe('windows in event time are refused', () => {
  it.each<[string, TimeWindows | GlobalWindow, WindowByOptions, string]>([
    ['a size that is no duration', tumbling('ten'), {}, 'must be durations'],
    ['a size of 0', tumbling(0), {}, 'must be durations'],
    ['an offset as long as the size', tumbling('10 s', { offset: '10 s' }), {}, 'less than 10000 ms'],
    ['a slide that does not divide the size', sliding('10 s', '3 s'), {}, 'not a multiple of its slide'],
    ['too many slides', sliding('1 d', '1 s'), {}, 'more than 10000 slides'],
    ['a gap of 0', session(0), {}, 'gap of session'],
    ['a global window without a trigger', globalWindow(), {}, 'give windowBy a trigger'],
    ['no windows', { kind: 'other' } as unknown as TimeWindows, {}, 'windowBy needs tumbling'],
    ['a lateness that is no duration', tumbling('1 s'), { allowedLateness: 'long' }, 'allowedLateness'],
    ['a trigger of no records', tumbling('1 s'), { trigger: everyCount(0) }, 'everyCount'],
    ['a trigger of no time', tumbling('1 s'), { trigger: every(0) }, 'every(…)'],
    ['a trigger of its own', tumbling('1 s'), { trigger: { kind: 'x' } as unknown as Trigger }, 'must be everyBatch()'],
    ['a word for what comes after a result', tumbling('1 s'), { afterResult: 'x' as 'discard' }, 'afterResult'],
    ['a bound of nothing', tumbling('1 s'), { rowsMax: 0 }, 'rowsMax'],
    ['sliding windows that discard', sliding('4 s', '2 s'), { afterResult: 'discard' }, 'share their records'],
    ['sliding windows that count', sliding('4 s', '2 s'), { trigger: everyCount(2) }, 'share their records'],
    ['a fold over sessions that cannot merge', session('1 s'), {}, 'give the fold a "merge"'],
    ['a fold over sliding windows that cannot merge', sliding('4 s', '2 s'), {}, 'give the fold a "merge"'],
  ])('for %s', (_name, windows, options, reason) => {
    expect(reasonOf(withWindows(windows, options))).toContain(reason);
  });

  it('for a figure of the job over sessions that cannot merge', () => {
    const definition = aJob((job) => {
      const create = () => 0;
      const total = custom<Event, number, number>({ create, add: (a, { t }) => a + t, result: (a) => a });
      const events = input<Event>(job).eventTime('time', { timestamp: 't', outOfOrderness: 0 });
      events.keyBy('k').windowBy(session('1 s')).aggregate('totals', { total }).to('out', toOut);
    });
    expect(reasonOf(definition)).toContain('the aggregate "total" needs a merge function');
  });

  it('without a time of the records', () => {
    expect(reasonOf(withWindows(tumbling('10 s'), {}, false))).toContain('put eventTime(…) before it');
    expect(reasonOf(withWindows(globalWindow(), { trigger: everyBatch() }, false))).toBe('');
  });

  it('if only one of two streams has a time', () => {
    const definition = aJob((job) => {
      const events = input<Event>(job);
      events
        .eventTime('time', { timestamp: 't', outOfOrderness: 0 })
        .union(events)
        .keyBy('k')
        .windowBy(tumbling('1 s'))
        .process('rows', (_key, records) => records)
        .to('out', toOut);
    });
    expect(reasonOf(definition)).toContain('put eventTime(…) before it');
  });
});

it('takes the kind and the lengths of windows for what their state means, and neither lateness nor trigger', () => {
  const shapeOf = (options: WindowByOptions) => {
    const checked = checkDefinition(withWindows(tumbling('10 s', { offset: '1 s' }), options));
    return checked.outcome === 'valid' ? checked.manifest.shapes['counts'] : undefined;
  };
  expect(shapeOf({})).toMatchObject({ parameters: { '@windows': 'tumbling', '@sizeMs': 10_000, '@offsetMs': 1_000 } });
  expect(shapeOf({ allowedLateness: '1 min', trigger: everyBatch(), afterResult: 'discard' })).toEqual(shapeOf({}));
});

it('takes the schema of a folded state for a part of what it means', () => {
  const shapeOf = (schema?: z.ZodType<{ n: number }, { n: number }>) => {
    const checked = checkDefinition(
      aJob((job) => {
        const events = input<Event>(job).eventTime('time', { timestamp: 't', outOfOrderness: 0 }).keyBy('k');
        const fold = (state: { n: number }): { n: number } => state;
        const options = { initial: { n: 0 }, fold, ...(schema === undefined ? {} : { schema }) };
        events.windowBy(tumbling('1 s')).fold('counts', options).to('out', toOut);
      }),
    );
    return checked.outcome === 'valid' ? checked.manifest.shapes['counts'] : undefined;
  };
  expect(shapeOf(z.object({ n: z.number() }))).toMatchObject({
    kind: 'windowFold',
    schema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
  });
  expect(shapeOf()).not.toHaveProperty('schema');
});

it('refuses a folded state with a member whose name begins as those of the engine do', () => {
  const definition = aJob((job) => {
    const events = input<Event>(job).eventTime('time', { timestamp: 't', outOfOrderness: 0 }).keyBy('k');
    const schema = z.object({ '@held': z.number() });
    events
      .windowBy(tumbling('1 s'))
      .fold('f', { initial: { '@held': 0 }, fold: (state) => state, schema })
      .to('out', toOut);
  });
  expect(reasonOf(definition)).toContain('do not begin with @');
});

describe('windows that pass their bound', () => {
  const run = async (options: WindowByOptions, records: readonly Event[]): Promise<unknown> => {
    const graph = createInProcessGraph(withWindows(tumbling('1 s'), options));
    return graph.run(aBatch(1, { timeMs: 1_000, records })).catch((error: unknown) => error);
  };

  it('fail the job and name operator, bound and key', async () => {
    const records = [
      { k: 'a', t: 0 },
      { k: 'b', t: 1_500 },
      { k: 'c', t: 2_500 },
    ];
    const windows = await run({ windowsMax: 2 }, records);
    expect(windows).toBeInstanceOf(TidemarkError);
    expect(windows).toMatchObject({
      code: 'state_over_bound',
      params: { operator: 'counts', bound: 'windowsMax of 2 open windows', key: '"c"' },
    });
    expect(await run({ rowsMax: 2 }, records)).toMatchObject({ code: 'state_over_bound', params: { key: '"c"' } });
    expect(await run({ rowsMax: 3 }, records)).not.toBeInstanceOf(TidemarkError);
  });
});
