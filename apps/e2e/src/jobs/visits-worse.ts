// The job of visits.ts, worse: what of it is set by the test.
import { defineJob, files, toFiles } from '@tidemark/streams';
import type { Seen } from './visits.js';

/** Set by the test. */
declare const FAULT: 'throws' | 'slow' | 'explodes';

const KEYS_EACH_BATCH = 200_000;
const LOOPS = 300_000_000;

let batches = 0;
let lastBatchId = 0;

/** Once in each batch. */
function spoil(batchId: number): void {
  if (batchId === lastBatchId) return;
  lastBatchId = batchId;
  batches += 1;
  if (FAULT === 'throws' && batches === 3) throw new Error('the third batch is too much');
  let sum = 0;
  if (FAULT === 'slow') for (let i = 0; i < LOOPS; i += 1) sum += i & batchId;
  if (sum < 0) throw new Error('never');
}

export default defineJob({ name: 'visits', batchInterval: 200 }, (job) => {
  const visits = job
    .source('visits', files<{ page: string; number: number }>({ path: 'visits', recordsPerSecond: 2_000 }))
    .map((visit, { batchId }) => {
      spoil(batchId);
      return visit;
    });

  visits
    .keyBy(({ page }) => page)
    .mapValues(({ number }): Seen => ({ first: number, last: number, count: 1, sum: number }))
    .updateStateByKey('totals', (news, total: Seen | undefined) =>
      news.reduce<Seen | undefined>(
        (whole, one) =>
          whole === undefined
            ? one
            : { first: whole.first, last: one.last, count: whole.count + 1, sum: whole.sum + one.sum },
        total,
      ),
    )
    .map(([page, seen]) => ({ page, ...seen }))
    .to('totals-out', toFiles({ path: 'totals' }));

  if (FAULT === 'explodes') {
    visits
      .filter(({ page }) => page === 'page-0')
      .flatMap(({ number }) => Array.from({ length: KEYS_EACH_BATCH / 50 }, (_, index) => `${number}/${index}`))
      .keyBy((key) => key)
      .mapValues(() => 1)
      .updateStateByKey('more', (ones) => ones.length)
      .filter(() => false)
      .to('more-out', toFiles({ path: 'more' }));
  }
});
