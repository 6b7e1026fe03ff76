import { defineJob, files, toFiles } from '@tidemark/streams';

interface Bid {
  readonly bidder: string;
  readonly amount: number;
}

/** The median bid of each batch. */
export default defineJob({ name: 'transform', batchInterval: '1 s' }, (job) => {
  job
    .source('bids', files<Bid>({ path: 'bids' }))
    .transform((bids, { batchTimeMs }) => {
      const amounts = bids.map(({ amount }) => amount).sort((a, b) => a - b);
      return [{ atMs: batchTimeMs, bids: amounts.length, median: amounts[Math.floor(amounts.length / 2)] }];
    })
    .to('out', toFiles({ path: 'medians' }));
});
