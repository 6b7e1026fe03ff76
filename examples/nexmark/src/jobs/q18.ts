import { defineJob, toFiles } from '@tidemark/streams';
import type { Bid } from '../events.js';
import { bids } from './auction-site.js';
import { later } from './bid-order.js';

/** The last bid of each bidder in each auction, in event time: the order of arrival does not count. */
export default defineJob({ name: 'nexmark-q18', trigger: 'available-now' }, (job) => {
  bids(job)
    .keyBy(({ bidder, auction }) => `${bidder} ${auction}`)
    .updateStateByKey('last-bids', (arrived, last: Bid | undefined) =>
      [...arrived, ...(last === undefined ? [] : [last])].sort(later).at(0),
    )
    .map(([, bid]) => bid)
    .to('rows', toFiles({ path: 'nexmark-rows/q18' }));
});
