import { defineJob, toFiles } from '@tidemark/streams';
import { winningBids } from './winning-bids.js';

/** Which bid won each auction. */
export default defineJob({ name: 'nexmark-q9', trigger: 'available-now' }, (job) => {
  winningBids(job)
    .map(([, { auction, bid }]) => ({
      ...auction,
      bidder: bid.bidder,
      price: bid.price,
      bidDateTime: bid.dateTime,
      bidExtra: bid.extra,
    }))
    .to('rows', toFiles({ path: 'nexmark-rows/q9' }));
});
