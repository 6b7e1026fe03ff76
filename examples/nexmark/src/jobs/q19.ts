import { defineJob, toFiles } from '@tidemark/streams';
import type { Bid } from '../events.js';
import { bids } from './auction-site.js';
import { better } from './bid-order.js';

/** The 10 highest bids of each auction. */
export default defineJob({ name: 'nexmark-q19', trigger: 'available-now' }, (job) => {
  bids(job)
    .keyBy('auction')
    .fold('top-bids', {
      initial: [] as readonly Bid[],
      fold: (top, bid) => [...top, bid].sort(better).slice(0, 10),
    })
    .flatMap(([, top]) => top.map((bid, index) => ({ ...bid, rank: index + 1 })))
    .to('rows', toFiles({ path: 'nexmark-rows/q19' }));
});
