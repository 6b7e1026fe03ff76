import { defineJob, toFiles } from '@tidemark/streams';
import { bids } from './auction-site.js';
import { countSteps, reportSteps } from './bid-report.js';
import { dayOf } from './times.js';

/** How many bids, bidders and auctions there are on each day, by level of price. */
export default defineJob({ name: 'nexmark-q15', trigger: 'available-now' }, (job) => {
  countSteps('by-day', reportSteps(bids(job), dayOf))
    .map(([day, { minute: _, ...report }]) => ({ day, ...report }))
    .to('rows', toFiles({ path: 'nexmark-rows/q15' }));
});
