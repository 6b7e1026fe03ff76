// The job of visits.ts, written by somebody else: other names, another order, other helpers, the same uids.
import { defineJob, files, toFiles, type KeyedStream } from '@tidemark/streams';

interface Tally {
  count: number;
  sum: number;
  first: number;
  last: number;
}

function plus(left: Tally, right: Tally): Tally {
  const whole = { ...left, sum: left.sum + right.sum, count: left.count + right.count };
  if (right.first < whole.first) whole.first = right.first;
  if (right.last > whole.last) whole.last = right.last;
  return whole;
}

function addAll(fresh: readonly Tally[], known: Tally | undefined): Tally | undefined {
  let whole = known;
  for (const one of fresh) whole = whole === undefined ? one : plus(whole, one);
  return whole;
}

function slidingTallies(hits: KeyedStream<string, Tally>): void {
  hits
    .reduceByKeyAndWindow('recent', { slide: '200 ms', window: 1_000, reduce: plus })
    .map(([url, tally], window) => {
      const { windowEndMs, windowStartMs } = window;
      return { page: url, windowStartMs, windowEndMs, ...tally };
    })
    .to('recent-out', toFiles({ path: 'recent' }));
}

export default defineJob({ name: 'visits', batchInterval: '200 ms' }, (topology) => {
  const hits = topology
    .source('visits', files<{ page: string; number: number }>({ recordsPerSecond: 2_000, path: 'visits' }))
    .filter((hit) => hit.page !== '')
    .keyBy((hit) => hit.page)
    .mapValues((hit) => ({ count: 1, sum: hit.number, first: hit.number, last: hit.number }));
  slidingTallies(hits);
  hits
    .updateStateByKey('totals', addAll)
    .map(([url, tally]) => ({ page: url, ...tally }))
    .to('totals-out', toFiles({ path: 'totals' }));
});
