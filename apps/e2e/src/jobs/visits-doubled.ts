// The job of visits.ts, with one page whose numbers count twice: state of the same form, and other results.
import { defineJob, files, toFiles } from '@tidemark/streams';
import type { Seen } from './visits.js';

/** Set by the test. */
declare const WINDOW: string;

interface Visit {
  readonly page: string;
  readonly number: number;
}

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
    .mapValues(({ page, number }): Seen => ({
      ...{ first: number, last: number, count: 1 },
      sum: page === 'page-3' ? 2 * number : number,
    }));

  visits
    .updateStateByKey('totals', (news, total: Seen | undefined) =>
      news.reduce<Seen | undefined>((whole, one) => (whole === undefined ? one : merge(whole, one)), total),
    )
    .map(([page, seen]) => ({ page, ...seen }))
    .to('totals-out', toFiles({ path: 'totals' }));

  visits
    .reduceByKeyAndWindow('recent', { window: WINDOW, slide: 200, reduce: merge })
    .map(([page, seen], { windowStartMs, windowEndMs }) => ({ page, windowStartMs, windowEndMs, ...seen }))
    .to('recent-out', toFiles({ path: 'recent' }));
});
