import { defineJob, toFiles } from '@tidemark/streams';
import { bids } from './auction-site.js';

/** Every bid in euros. */
export default defineJob({ name: 'nexmark-q1', trigger: 'available-now' }, (job) => {
  bids(job)
    .map(({ auction, bidder, price, dateTime, extra }) => ({
      auction,
      bidder,
      price: (price * 908) / 1000,
      dateTime,
      extra,
    }))
    .to('rows', toFiles({ path: 'nexmark-rows/q1' }));
});
