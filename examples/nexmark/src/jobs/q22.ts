import { defineJob, toFiles } from '@tidemark/streams';
import { bids } from './auction-site.js';

/** The first three directories of the url of each bid. */
export default defineJob({ name: 'nexmark-q22', trigger: 'available-now' }, (job) => {
  bids(job)
    .map(({ auction, bidder, price, channel, url }) => {
      const [, , , dir1 = '', dir2 = '', dir3 = ''] = url.split('/');
      return { auction, bidder, price, channel, dir1, dir2, dir3 };
    })
    .to('rows', toFiles({ path: 'nexmark-rows/q22' }));
});
