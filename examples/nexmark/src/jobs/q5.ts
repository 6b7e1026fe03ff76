import { count, defineJob, sliding, toFiles } from '@tidemark/streams';
import { bids, EVENT_TIME } from './auction-site.js';

/** Every 2 seconds, the auctions with the most bids in the last 10. */
export default defineJob({ name: 'nexmark-q5', trigger: 'available-now' }, (job) => {
  bids(job)
    .eventTime('bid-times', EVENT_TIME)
    .keyBy('auction')
    .windowBy(sliding('10 s', '2 s'))
    .aggregate('bids-by-auction', { num: count() })
    // All results of a window come together.
    .transform((auctions, { windowEndMs }) => {
      const most = auctions.reduce((max, [, { num }]) => Math.max(max, num), 0);
      return auctions
        .filter(([, { num }]) => num === most)
        .map(([auction, { num }]) => ({ auction, num, windowEndMs }));
    })
    .to('rows', toFiles({ path: 'nexmark-rows/q5' }));
});
