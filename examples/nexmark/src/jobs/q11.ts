import { count, defineJob, session, toFiles } from '@tidemark/streams';
import { bids, EVENT_TIME } from './auction-site.js';

/** How many bids each user made in each session, which ends when they have not bid for 10 seconds. */
export default defineJob({ name: 'nexmark-q11', trigger: 'available-now' }, (job) => {
  bids(job)
    .eventTime('bid-times', EVENT_TIME)
    .keyBy('bidder')
    .windowBy(session('10 s'))
    .aggregate('sessions', { bidCount: count() })
    .map(([bidder, { bidCount }], { windowStartMs, windowEndMs }) => ({
      bidder,
      bidCount,
      windowStartMs,
      windowEndMs,
    }))
    .to('rows', toFiles({ path: 'nexmark-rows/q11' }));
});
