import { defineJob, files, toFiles } from '@tidemark/streams';
import type { Seen } from './visits.js';

/** Set by the test. The state of windows of one length does not fit those of another. */
declare const WINDOW: string;

/** The `number`th record of a side. */
interface Numbered {
  readonly side: string;
  readonly number: number;
}

const merge = (a: Seen, b: Seen): Seen => ({
  first: Math.min(a.first, b.first),
  last: Math.max(a.last, b.last),
  count: a.count + b.count,
  sum: a.sum + b.sum,
});

/** What was seen of each of two sources, since its state began and in the last second. */
export default defineJob({ name: 'two-sides', batchInterval: 100 }, (job) => {
  const seen = job
    .source('left', files<Numbered>({ path: 'left', recordsPerSecond: 1_000 }))
    .union(job.source('right', files<Numbered>({ path: 'right', recordsPerSecond: 600 })))
    .keyBy(({ side }) => side)
    .mapValues(({ number }): Seen => ({ first: number, last: number, count: 1, sum: number }));

  seen
    .updateStateByKey('totals', (news, total: Seen | undefined) =>
      news.reduce<Seen | undefined>((whole, one) => (whole === undefined ? one : merge(whole, one)), total),
    )
    .map(([side, total]) => ({ side, ...total }))
    .to('out', toFiles({ path: 'out' }));

  seen
    .reduceByKeyAndWindow('recent', { window: WINDOW, slide: '1 s', reduce: merge })
    .map(([side, total]) => ({ side, ...total }))
    .to('recent-out', toFiles({ path: 'recent' }));
});
