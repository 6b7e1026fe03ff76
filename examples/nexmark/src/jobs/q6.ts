import { defineJob, toFiles } from '@tidemark/streams';
import { winningBids } from './winning-bids.js';

interface Sale {
  readonly expires: number;
  readonly id: number;
  readonly price: number;
}

/** The mean selling price of the last 10 auctions of each seller that have closed. */
export default defineJob({ name: 'nexmark-q6', trigger: 'available-now' }, (job) => {
  winningBids(job)
    .keyBy(([, { auction }]) => auction.seller)
    .mapValues(([id, { auction, bid }]): Sale => ({ expires: auction.expires, id, price: bid.price }))
    .fold('last-sales', {
      initial: [] as readonly Sale[],
      fold: (sales, sale) => [...sales, sale].sort((a, b) => a.expires - b.expires || a.id - b.id).slice(-10),
    })
    .map(([seller, sales]) => ({
      seller,
      avgPrice: Math.floor(sales.reduce((sum, { price }) => sum + price, 0) / sales.length),
    }))
    .to('rows', toFiles({ path: 'nexmark-rows/q6' }));
});
