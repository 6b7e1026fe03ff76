// The job of visits.ts, written by somebody else: other names, another order, other helpers, the same uids.
import { defineJob, files, toFiles, type KeyedStream } from '@tidemark/streams';

class Tally {
  constructor(
    readonly first: number,
    readonly last: number,
    readonly count: number,
    readonly sum: number,
  ) {}

  static plus(left: Tally, right: Tally): Tally {
    const [lowest, highest] = [Math.min(left.first, right.first), Math.max(left.last, right.last)];
    return new Tally(lowest, highest, left.count + right.count, left.sum + right.sum);
  }
}

function addAll(fresh: readonly Tally[], known: Tally | undefined): Tally | undefined {
  let whole = known;
  for (const one of fresh) whole = whole === undefined ? one : Tally.plus(whole, one);
  return whole;
}

function slidingTallies(hits: KeyedStream<string, Tally>): void {
  hits
    .reduceByKeyAndWindow('recent', { slide: '200 ms', window: 1_000, reduce: Tally.plus })
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
    .mapValues((hit) => new Tally(hit.number, hit.number, 1, hit.number));
  slidingTallies(hits);
  hits
    .updateStateByKey('totals', addAll)
    .map(([url, tally]) => ({ page: url, ...tally }))
    .to('totals-out', toFiles({ path: 'totals' }));
});
