import { defineJob, toFiles } from '@tidemark/streams';
import { bids } from './auction-site.js';
import { countSteps, reportSteps } from './bid-report.js';
import { dayOf } from './times.js';

const DAY_LENGTH = '2015-07-15'.length;

/** The report of q15 for each channel and day, with the last minute of the day that has a bid. */
export default defineJob({ name: 'nexmark-q16', trigger: 'available-now' }, (job) => {
  countSteps(
    'by-channel-and-day',
    reportSteps(bids(job), (bid) => `${dayOf(bid)}${bid.channel}`),
  )
    .map(([group, report]) => ({
      channel: group.slice(DAY_LENGTH),
      day: group.slice(0, DAY_LENGTH),
      ...report,
    }))
    .to('rows', toFiles({ path: 'nexmark-rows/q16' }));
});
