import { defineJob, files, toFiles } from '@tidemark/streams';

/** Set by the test. */
declare const WINDOW: string;
/** Before the names of the folders that are written to; set by a test that runs a second job of these. */
declare const FOLDERS: string | undefined;

/** The `number`th visit to a page; pages are visited in turns. */
interface Visit {
  readonly page: string;
  readonly number: number;
}

/** Which visits a state or a window has seen: all of `first` to `last`, each once, if `count` and `sum` say so too. */
export interface Seen {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly sum: number;
}

const folder = (name: string): string => `${typeof FOLDERS === 'string' ? FOLDERS : ''}${name}`;

const merge = (a: Seen, b: Seen): Seen => ({
  first: Math.min(a.first, b.first),
  last: Math.max(a.last, b.last),
  count: a.count + b.count,
  sum: a.sum + b.sum,
});

export default defineJob({ name: 'visits', batchInterval: 200 }, (job) => {
  const visits = job
    .source('visits', files<Visit>({ path: 'visits', recordsPerSecond: 2_000 }))
    .keyBy(({ page }) => page)
    .mapValues(({ number }): Seen => ({ first: number, last: number, count: 1, sum: number }));

  visits
    .updateStateByKey('totals', (news, total: Seen | undefined) =>
      news.reduce<Seen | undefined>((whole, one) => (whole === undefined ? one : merge(whole, one)), total),
    )
    .map(([page, seen]) => ({ page, ...seen }))
    .to('totals-out', toFiles({ path: folder('totals') }));

  visits
    .reduceByKeyAndWindow('recent', { window: WINDOW, slide: 200, reduce: merge })
    .map(([page, seen], { windowStartMs, windowEndMs }) => ({ page, windowStartMs, windowEndMs, ...seen }))
    .to('recent-out', toFiles({ path: folder('recent') }));
});
