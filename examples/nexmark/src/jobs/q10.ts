import { defineJob, toFiles } from '@tidemark/streams';
import { bids } from './auction-site.js';
import { dayOf, minuteOf } from './times.js';

/** All bids, with the partition that they belong to. */
export default defineJob({ name: 'nexmark-q10', trigger: 'available-now' }, (job) => {
  bids(job)
    .map((bid) => {
      const { auction, bidder, price, dateTime, extra } = bid;
      return { auction, bidder, price, dateTime, extra, dt: dayOf(bid), hm: minuteOf(bid) };
    })
    .to('rows', toFiles({ path: 'nexmark-rows/q10' }));
});
