import { defineJob, toFiles } from '@tidemark/streams';
import { bids } from './auction-site.js';

/** What was bid in every 123rd auction. */
export default defineJob({ name: 'nexmark-q2', trigger: 'available-now' }, (job) => {
  bids(job)
    .filter(({ auction }) => auction % 123 === 0)
    .map(({ auction, price }) => ({ auction, price }))
    .to('rows', toFiles({ path: 'nexmark-rows/q2' }));
});
