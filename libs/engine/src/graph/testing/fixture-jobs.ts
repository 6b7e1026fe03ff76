// Jobs of which libs/checkpoint/fixtures holds a checkpoint each in each format since 2, and what they read. Frozen like the
// checkpoints: a test that holds against them what is restored needs them as they were. What is new gets a new job.
import {
  approxDistinct,
  collect,
  count,
  custom,
  defineJob,
  every,
  everyCount,
  files,
  first,
  globalWindow,
  last,
  max,
  mean,
  session,
  sliding,
  sum,
  toLog,
  topK,
  tumbling,
  type JobBuilder,
  type JobDefinition,
  type State,
} from '@tidemark/streams';
import { z } from 'zod';

interface Click {
  readonly user: string | number;
  readonly page: string;
  readonly seconds: number;
  readonly atMs: number;
}

export interface FixtureBatch {
  readonly timeMs: number;
  readonly records: { readonly [source: string]: readonly unknown[] };
}

const START_MS = 1_732_300_000_000;
const BATCH_MS = 10_000;
const USERS = ['ann', 'bob', 'čen', 'd "q"\u2028', 7] as const;

/** Seven batches, in which users come, go and come again, and pass the ends of windows. `rules` end early. */
export const fixtureBatches = (sources: readonly string[]): readonly FixtureBatch[] =>
  Array.from({ length: 7 }, (_, batch) => ({
    timeMs: START_MS + BATCH_MS * (batch + 1),
    records: Object.fromEntries(
      sources.map((source, index) => [source, source === 'rules' && batch > 3 ? [] : clicksOf(batch, index)]),
    ),
  }));

const clicksOf = (batch: number, source: number): readonly Click[] =>
  Array.from({ length: 6 - source }, (_, index) => ({
    user: USERS[(2 * batch + Math.floor(index / 2) + source) % USERS.length] ?? 'nobody',
    page: `/p${(batch + index) % 3}`,
    seconds: batch + index / 4,
    atMs: START_MS + BATCH_MS * batch + 1_500 * index - (index === 5 ? 20_000 : 0),
  }));

/** Before these batches, counted from 0, are a whole snapshot, and one of what has changed since. */
export const SNAPSHOTS_BEFORE: readonly number[] = [2, 4];

const visit = z.object({ clicks: z.number(), isLong: z.boolean(), last: z.string(), first: z.string().optional() });

const clicks = (job: JobBuilder, name = 'clicks') => job.source(name, files<Click>({ path: name }));
const timed = (job: JobBuilder, name = 'clicks') =>
  clicks(job, name).eventTime(name === 'clicks' ? 'time' : `${name}-time`, {
    timestamp: 'atMs',
    outOfOrderness: '2 s',
  });
const byUser = (job: JobBuilder) => clicks(job).keyBy(({ user }) => user);
const timedByUser = (job: JobBuilder, name?: string) => timed(job, name).keyBy(({ user }) => user);
const out = toLog();

/** By name: what is behind the kind of the operator tells forms of the same kind apart. */
const JOBS: { readonly [name: string]: (job: JobBuilder) => void } = {
  fold: (job) => {
    const initial = { pages: [] as readonly string[], seconds: 0 };
    const next = (state: typeof initial, { page, seconds }: Click): typeof initial => ({
      pages: [...state.pages, page].slice(-2),
      seconds: state.seconds + seconds,
    });
    byUser(job).fold('op', { initial, fold: next }).to('out', out);
  },
  'fold-schema-ttl': (job) => {
    byUser(job)
      .fold('op', {
        schema: visit,
        initial: { clicks: 0, isLong: false, last: '' },
        fold: (state: z.infer<typeof visit>, { page, seconds }) => ({
          clicks: state.clicks + 1,
          isLong: state.isLong || seconds > 3,
          last: page,
          ...(state.clicks === 0 ? {} : { first: state.first ?? state.last }),
        }),
        ttl: { after: '15 s' },
      })
      .to('out', out);
  },
  aggregate: (job) => {
    byUser(job)
      .aggregate('op', {
        clicks: count(),
        seconds: sum<Click>('seconds'),
        longest: max<Click>('seconds'),
        mean: mean<Click>('seconds'),
      })
      .to('out', out);
  },
  'aggregate-objects-ttl': (job) => {
    const figures = {
      pages: approxDistinct<Click>('page'),
      charts: topK<Click, string>(2, 'page'),
      first: first<Click, string>('page'),
      last: last<Click, string>('page'),
      all: collect<Click, number>({ max: 100, of: 'seconds' }),
      range: custom({
        create: () => ({ from: 1e9, to: 0 }),
        add: ({ from, to }, { seconds }: Click) => ({ from: Math.min(from, seconds), to: Math.max(to, seconds) }),
        merge: (a, b) => ({ from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) }),
        result: ({ from, to }) => to - from,
      }),
    };
    byUser(job)
      .aggregate('op', figures, { ttl: { after: '15 s' } })
      .to('out', out);
  },
  updateStateByKey: (job) => {
    byUser(job)
      .updateStateByKey('op', (records, state: { readonly n: number } | undefined) => {
        const n = (state?.n ?? 0) + records.length;
        return n > 4 ? undefined : { n };
      })
      .to('out', out);
  },
  mapWithState: (job) => {
    byUser(job)
      .mapWithState('op', {
        timeout: '15 s',
        update: (click: Click | undefined, state: State<{ readonly clicks: number }>) => {
          if (state.isTimingOut()) return { gone: state.get()?.clicks ?? 0 };
          const next = (state.get()?.clicks ?? 0) + 1;
          state.update({ clicks: next });
          return { clicks: next, page: click?.page ?? '' };
        },
      })
      .to('out', out);
  },
  process: (job) => {
    timedByUser(job)
      .process<unknown, { readonly clicks: number; readonly pages: readonly string[] }>('op', {
        state: { clicks: 0, pages: [] },
        ttl: { after: '1 min', time: 'event' },
        onRecord: ({ page }, { state, timers, timeMs }) => {
          state.set('clicks', state.get('clicks') + 1);
          state.set('pages', [...state.get('pages'), page].slice(-3));
          timers.eventTime(timeMs + 15_000);
        },
        onTimer: (timeMs, _kind, { key, state, emit }) => {
          emit({ key, timeMs, clicks: state.get('clicks'), pages: state.get('pages') });
          if (state.get('clicks') > 5) state.clear();
        },
      })
      .to('out', out);
  },
  countWindow: (job) => {
    const aggregate = { mean: mean<Click>('seconds'), longest: max<Click>('seconds') };
    byUser(job).countWindow('op', { size: 4, slide: 2, aggregate }).to('out', out);
  },
  countByWindow: (job) => {
    clicks(job).countByWindow('op', { window: '30 s', slide: '10 s' }).to('out', out);
  },
  reduceByKeyAndWindow: (job) => {
    byUser(job)
      .mapValues(({ seconds }) => seconds)
      .reduceByKeyAndWindow('op', { window: '30 s', slide: '10 s', reduce: (a, b) => a + b })
      .to('out', out);
  },
  'reduceByKeyAndWindow-inverse': (job) => {
    byUser(job)
      .mapValues(() => 1)
      .reduceByKeyAndWindow('op', { window: '30 s', slide: '10 s', reduce: (a, b) => a + b, inverse: (a, b) => a - b })
      .to('out', out);
  },
  window: (job) => {
    clicks(job).window('op', { window: '30 s', slide: '10 s' }).to('out', out);
  },
  'windowAggregate-tumbling': (job) => {
    const windows = timedByUser(job).windowBy(tumbling('15 s'), { allowedLateness: '10 s' });
    const results = windows.aggregate('op', { clicks: count(), seconds: sum<Click>('seconds') });
    results.to('out', out);
    results.late().to('late', out);
  },
  'windowAggregate-sliding': (job) => {
    const figures = { mean: mean<Click>('seconds'), longest: max<Click>('seconds') };
    timedByUser(job).windowBy(sliding('30 s', '5 s')).aggregate('op', figures).to('out', out);
  },
  'windowAggregate-session': (job) => {
    const figures = { clicks: count(), pages: collect<Click, string>({ max: 100, of: 'page' }) };
    timedByUser(job).windowBy(session('5 s'), { allowedLateness: '30 s' }).aggregate('op', figures).to('out', out);
  },
  'windowFold-session': (job) => {
    timedByUser(job)
      .windowBy(session('12 s'))
      .fold('op', {
        initial: { clicks: 0, last: '' },
        fold: (state, { page }) => ({ clicks: state.clicks + 1, last: page }),
        merge: (earlier, later) => ({ clicks: earlier.clicks + later.clicks, last: later.last }),
      })
      .to('out', out);
  },
  'windowFold-schema': (job) => {
    timedByUser(job)
      .windowBy(tumbling('25 s'), { trigger: every('10 s') })
      .fold('op', {
        schema: z.object({ clicks: z.number(), isLong: z.boolean(), last: z.string() }),
        initial: { clicks: 0, isLong: false, last: '' },
        fold: (state, { page, seconds }) => ({ clicks: state.clicks + 1, isLong: seconds > 3, last: page }),
      })
      .to('out', out);
  },
  windowReduce: (job) => {
    timedByUser(job)
      .windowBy(tumbling('25 s'))
      .reduce('op', (a, b) => (b.seconds > a.seconds ? b : a))
      .to('out', out);
  },
  windowProcess: (job) => {
    byUser(job)
      .windowBy(globalWindow(), { trigger: everyCount(3), afterResult: 'discard' })
      .process('op', (user, records) => [{ user, pages: records.map(({ page }) => page) }])
      .to('out', out);
  },
  eventTime: (job) => {
    clicks(job)
      .eventTime('op', { timestamp: 'atMs', outOfOrderness: '2 s', idleAfter: '1 min', aheadMax: '1 h' })
      .keyBy(({ user }) => user)
      .windowBy(tumbling('20 s'))
      .aggregate('counts', { clicks: count() })
      .to('out', out);
  },
  intervalJoin: (job) => {
    const joined = timedByUser(job).join('op', timedByUser(job, 'sales'), {
      within: { before: '5 s', after: '15 s' },
      type: 'full',
      select: (click, sale, user) => ({ user, click: click?.seconds ?? null, sale: sale?.seconds ?? null }),
    });
    joined.to('out', out);
    joined.output('late-left').to('late', out);
  },
  windowJoin: (job) => {
    timedByUser(job)
      .join('op', timedByUser(job, 'sales'), {
        window: '20 s',
        select: (click, sale, user) => ({ user, click: click.seconds, sale: sale.seconds }),
      })
      .to('out', out);
  },
  cogroup: (job) => {
    timedByUser(job)
      .cogroup('op', timedByUser(job, 'sales'), { window: '20 s' }, (user, came, sold) => [
        { user, more: came.length - sold.length },
      ])
      .to('out', out);
  },
  lookup: (job) => {
    const table = job.table('rules', files<Click>({ path: 'rules' }), {
      key: 'page',
      delete: ({ seconds }) => seconds === 3.25,
    });
    clicks(job)
      .lookup('op', table, { key: 'page', select: ({ user }, rule) => ({ user, rule: rule?.seconds ?? null }) })
      .to('out', out);
  },
  broadcast: (job) => {
    clicks(job)
      .withBroadcast('op', clicks(job, 'rules'), {
        initial: [] as readonly string[],
        update: (pages, { page }) => [...pages.filter((other) => other !== page), page].slice(-2),
        apply: ({ user, page }, pages) => (pages.includes(page) ? [{ user, page }] : []),
      })
      .to('out', out);
  },
  dedupe: (job) => {
    const once = timed(job).dedupe('op', { by: ({ user, page }) => `${user}${page}`, within: '20 s' });
    once.to('out', out);
    once.output('duplicates').to('duplicates', out);
  },
  topN: (job) => {
    byUser(job).topN('op', 2, { by: 'seconds', order: 'desc' }).to('out', out);
  },
  // With all that a shape can say: the schemas of state and key, and a version of the first.
  'fold-version-key-schema': (job) => {
    const schema = z.object({ page: z.string(), seconds: z.number() });
    job
      .source('clicks', files<z.infer<typeof schema>>({ path: 'clicks' }), { schema })
      .keyBy('page')
      .fold('op', {
        schema: z.object({ clicks: z.number().int(), seconds: z.number() }),
        version: 3,
        initial: { clicks: 0, seconds: 0 },
        fold: (state, { seconds }) => ({ clicks: state.clicks + 1, seconds: state.seconds + seconds }),
      })
      .to('out', out);
  },
};

/** Of jobs that came with a later format: the first one that has a checkpoint of them. */
const SINCE: { readonly [name: string]: number } = { 'fold-version-key-schema': 3 };

/** The jobs of which there is a checkpoint in this format. */
export const fixtureNamesOf = (format: number): readonly string[] =>
  FIXTURE_NAMES.filter((name) => (SINCE[name] ?? 2) <= format);

export const FIXTURE_NAMES: readonly string[] = Object.keys(JOBS);

/** The operator of the fixture's own kind has the uid `op`. */
export function fixtureJob(name: string): JobDefinition {
  const build = JOBS[name];
  if (build === undefined) throw new RangeError(`there is no fixture "${name}"`);
  return defineJob({ name: 'fixture', batchInterval: BATCH_MS }, build);
}
