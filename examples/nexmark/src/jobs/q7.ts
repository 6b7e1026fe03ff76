import { defineJob, toFiles, tumbling } from '@tidemark/streams';
import { bids, EVENT_TIME } from './auction-site.js';

interface Row {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly dateTime: number;
  readonly extra: string;
}

/** The highest bids of every 10 seconds, all of them when several are as high. */
export default defineJob({ name: 'nexmark-q7', trigger: 'available-now' }, (job) => {
  bids(job)
    .eventTime('bid-times', EVENT_TIME)
    .map(({ auction, bidder, price, dateTime, extra }): Row => ({ auction, bidder, price, dateTime, extra }))
    .windowAll(tumbling('10 s'))
    .fold('highest', {
      initial: [] as readonly Row[],
      fold(highest, bid) {
        const price = highest[0]?.price ?? 0;
        if (bid.price < price) return highest;
        return bid.price === price ? [...highest, bid] : [bid];
      },
    })
    .flatMap(([, highest]) => highest)
    .to('rows', toFiles({ path: 'nexmark-rows/q7' }));
});
