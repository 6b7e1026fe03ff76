import { defineJob, toFiles } from '@tidemark/streams';
import { bids, sideRow, sideRows } from './auction-site.js';

/** Each bid with the row of a bounded table that belongs to its auction. */
export default defineJob({ name: 'nexmark-q13', trigger: 'available-now' }, (job) => {
  const side = job.table('side', sideRows(), { key: 'key', schema: sideRow });
  bids(job)
    .lookup('with-side', side, {
      key: ({ auction }) => auction % 10_000,
      type: 'inner',
      select: ({ auction, bidder, price, dateTime }, { value }) => ({ auction, bidder, price, dateTime, value }),
    })
    .to('rows', toFiles({ path: 'nexmark-rows/q13' }));
});
