import { judgeState } from '@tidemark/domain';
import {
  defineJob,
  everyBatch,
  everyCount,
  files,
  globalWindow,
  session,
  sliding,
  toLog,
  tumbling,
  type GlobalWindow,
  type JobDefinition,
  type TimeWindows,
  type WindowByOptions,
} from '@tidemark/streams';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { takeOver } from '../micro-batch/take-over.js';
import { checkDefinition } from './check-definition.js';
import { createInProcessGraph } from './in-process-graph.js';
import { fixtureBatches } from './testing/fixture-jobs.js';
import { fixtureOutput } from './testing/run-fixture.js';
import { aChunk, blocksOf } from './testing/run-job.js';

interface Click {
  readonly user: string | number;
  readonly page: string;
  readonly seconds: number;
  readonly atMs: number;
}
interface Visit {
  readonly clicks: number;
  readonly last: string;
  readonly first?: string | undefined;
}
type Schema = z.ZodType<Visit, Visit>;
type Windows = readonly [windows: TimeWindows | GlobalWindow, options: WindowByOptions];

/** A fold whose code is the same whatever the schema says. */
const folding = ([windows, options]: Windows, schema: Schema, initial: object): JobDefinition =>
  defineJob({ name: 'windows', batchInterval: 10_000 }, (job) => {
    const clicks = job.source('clicks', files<Click>({ path: 'clicks' }));
    const timed = clicks.eventTime('time', { timestamp: 'atMs', outOfOrderness: '2 s' });
    const windowed = timed.keyBy(({ user }) => user).windowBy(windows as TimeWindows, options);
    const next = (state: Visit, { page }: Click): Visit => ({
      ...state,
      clicks: state.clicks + 1,
      last: page,
      ...(state.clicks === 0 ? {} : { first: state.first ?? state.last }),
    });
    const merge = (earlier: Visit, later: Visit): Visit => ({
      ...later,
      clicks: earlier.clicks + later.clicks,
      first: earlier.first ?? earlier.last,
    });
    windowed.fold('op', { schema, initial: initial as Visit, fold: next, merge }).to('out', toLog());
  });

const before = z.object({ clicks: z.int(), last: z.string(), isLong: z.boolean(), first: z.string().optional() });
const beforeInitial = { clicks: 0, last: '', isLong: false };
/** A member less, one more, a wider one, and others in another order. */
const after = z.object({
  first: z.union([z.string(), z.number()]).optional(),
  note: z.string().optional(),
  last: z.string(),
  clicks: z.number().nullable(),
});
const afterInitial = { clicks: 0, last: '' };

const inputs = fixtureBatches(['clicks']).map(({ timeMs, records }, index) => ({
  ...{ timeline: 1, batchId: index + 1, batchTimeMs: timeMs },
  sources: Object.entries(records).map(([uid, rows]) => ({
    uid,
    chunks: [aChunk(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))],
  })),
}));

function shapesOf(definition: JobDefinition) {
  const checked = checkDefinition(definition);
  if (checked.outcome === 'invalid') throw new Error(JSON.stringify(checked.problems[0]));
  return checked.manifest.shapes;
}

const graphOf = (definition: JobDefinition) => createInProcessGraph(definition);
type Graph = ReturnType<typeof graphOf>;

const outputOf = async (graph: Graph, from: number, to = inputs.length): Promise<readonly unknown[]> => {
  const output = [];
  for (const input of inputs.slice(from, to)) output.push(await fixtureOutput(graph, input));
  return output;
};

/** The new job with what the old one kept after four batches: a base of two, and a delta. */
async function upgraded(
  old: JobDefinition,
  now: JobDefinition,
): Promise<{ graph: Graph; verdict: string | undefined }> {
  const running = graphOf(old);
  await outputOf(running, 0, 2);
  const stored = [...(await blocksOf(await running.snapshot('full')))];
  await outputOf(running, 2, 4);
  stored.push(...(await blocksOf(await running.snapshot('delta'))));
  const verdicts = judgeState(shapesOf(old), { shapes: shapesOf(now) });
  const graph = graphOf(now);
  const blocks = (uid: string) => stored.filter((block) => block.uid === uid).map(({ bytes }) => bytes);
  await takeOver(graph, { shapes: shapesOf(old), blocks }, verdicts);
  return { graph, verdict: verdicts.find(({ uid }) => uid === 'op')?.verdict };
}

const CASES: { readonly [name: string]: Windows } = {
  'tumbling windows': [tumbling('25 s'), { allowedLateness: '10 s' }],
  'tumbling windows with results on the way': [tumbling('25 s'), { trigger: everyBatch(), allowedLateness: '30 s' }],
  'tumbling windows that are emptied': [tumbling('10 min'), { trigger: everyCount(2), afterResult: 'discard' }],
  'sliding windows': [sliding('30 s', '5 s'), { allowedLateness: '10 s' }],
  sessions: [session('5 s'), { allowedLateness: '30 s' }],
  'sessions with results on the way': [session('12 s'), { trigger: everyBatch() }],
  'the global window': [globalWindow(), { trigger: everyCount(3) }],
  'the global window that is emptied': [globalWindow(), { trigger: everyCount(3), afterResult: 'discard' }],
};

describe.each(Object.entries(CASES))('a fold in %s, whose state has changed its form', (_, windows) => {
  it('goes on as if it had always had the new one', async () => {
    const [old, now] = [folding(windows, before, beforeInitial), folding(windows, after as Schema, afterInitial)];
    const { graph, verdict } = await upgraded(old, now);
    const always = graphOf(now);
    await outputOf(always, 0, 4);
    const wanted = await outputOf(always, 4);
    expect(verdict).toBe('evolve');
    expect(await outputOf(graph, 4)).toEqual(wanted);
    const alone = await outputOf(graphOf(now), 4);
    if (!isEmptied(windows)) expect(alone).not.toEqual(wanted);
  });

  it('goes on where all of it lies in typed columns', async () => {
    const small = z.object({ clicks: z.int(), gone: z.number(), isLong: z.boolean() });
    const wide = z.object({ isLong: z.boolean(), clicks: z.number() });
    const counting = (schema: z.ZodType, initial: object): JobDefinition =>
      defineJob({ name: 'windows', batchInterval: 10_000 }, (job) => {
        const clicks = job.source('clicks', files<Click>({ path: 'clicks' }));
        const timed = clicks.eventTime('time', { timestamp: 'atMs', outOfOrderness: '2 s' });
        timed
          .keyBy(({ user }) => user)
          .windowBy(windows[0] as TimeWindows, windows[1])
          .fold('op', {
            schema: schema as z.ZodType<Counted, Counted>,
            initial: initial as Counted,
            fold: (state, { seconds }) => ({ ...state, clicks: state.clicks + 1, isLong: seconds > 3 }),
            merge: (earlier, later) => ({ ...later, clicks: earlier.clicks + later.clicks }),
          })
          .to('out', toLog());
      });
    const old = counting(small, { clicks: 5, gone: 1, isLong: true });
    const now = counting(wide, { clicks: 5, isLong: true });
    const { graph, verdict } = await upgraded(old, now);
    const always = graphOf(now);
    await outputOf(always, 0, 4);
    expect(verdict).toBe('evolve');
    expect(await outputOf(graph, 4)).toEqual(await outputOf(always, 4));
  });
});

interface Counted {
  readonly clicks: number;
  readonly isLong: boolean;
}

const isEmptied = ([, { afterResult }]: Windows): boolean => afterResult === 'discard';
