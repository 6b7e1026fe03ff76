import { count, defineJob, sum, toFiles } from '@tidemark/streams';
import { winningBids } from './winning-bids.js';

/** The mean of the winning bids of all auctions of each category, as more and more of them close. */
export default defineJob({ name: 'nexmark-q4', trigger: 'available-now' }, (job) => {
  winningBids(job)
    .map(([, { auction, bid }]) => ({ category: auction.category, price: bid.price }))
    .keyBy('category')
    .aggregate('by-category', { total: sum('price'), auctions: count() })
    .map(([category, { total, auctions }]) => ({ category, avgPrice: Math.floor(total / auctions) }))
    .to('rows', toFiles({ path: 'nexmark-rows/q4' }));
});
