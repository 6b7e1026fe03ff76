import { count, defineJob, max, min, sum, toFiles } from '@tidemark/streams';
import { bids } from './auction-site.js';
import { dayOf } from './times.js';

/** How many bids each auction got on each day, and of what price. */
export default defineJob({ name: 'nexmark-q17', trigger: 'available-now' }, (job) => {
  bids(job)
    .keyBy((bid) => `${dayOf(bid)} ${bid.auction}`)
    .aggregate('by-auction-and-day', {
      totalBids: count(),
      rank1Bids: sum(({ price }) => Number(price < 10_000)),
      rank2Bids: sum(({ price }) => Number(price >= 10_000 && price < 1_000_000)),
      rank3Bids: sum(({ price }) => Number(price >= 1_000_000)),
      minPrice: min('price'),
      maxPrice: max('price'),
      sumPrice: sum('price'),
    })
    .map(([group, figures]) => {
      const [day = '', auction] = group.split(' ');
      const avgPrice = Math.floor(figures.sumPrice / figures.totalBids);
      return { auction: Number(auction), day, ...figures, avgPrice };
    })
    .to('rows', toFiles({ path: 'nexmark-rows/q17' }));
});
