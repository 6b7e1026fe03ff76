import { defineJob, toFiles } from '@tidemark/streams';
import { bids } from './auction-site.js';

/** All bids, as they are. */
export default defineJob({ name: 'nexmark-q0', trigger: 'available-now' }, (job) => {
  bids(job)
    .map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price, dateTime, extra }))
    .to('rows', toFiles({ path: 'nexmark-rows/q0' }));
});
