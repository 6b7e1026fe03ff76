import { defineJob, toFiles } from '@tidemark/streams';
import type { Auction, Bid } from '../events.js';
import { auctions, bids } from './auction-site.js';

/** One of the two: streams of different rows become one stream that a `process` reads. */
interface Arrival {
  readonly auction?: Auction;
  readonly bid?: Bid;
}

const NOTHING_YET = { isOther: false, auction: null as Auction | null, waiting: [] as Bid[] };

/** All bids in category 10, with their auction: bids wait for it, however long, and need not be kept once it is there. */
export default defineJob({ name: 'nexmark-q20', trigger: 'available-now' }, (job) => {
  const opened = auctions(job)
    .keyBy('id')
    .mapValues((auction): Arrival => ({ auction }));
  const bidden = bids(job)
    .keyBy('auction')
    .mapValues((bid): Arrival => ({ bid }));

  opened
    .union(bidden)
    .process<object, typeof NOTHING_YET>('bids-with-auction', {
      state: NOTHING_YET,
      onRecord({ auction, bid }, { state, emit }) {
        if (auction !== undefined) {
          const waiting = state.get('waiting');
          state.clear('waiting');
          if (auction.category === 10) {
            state.set('auction', auction);
            for (const each of waiting) emit(expanded(each, auction));
          } else state.set('isOther', true);
        }
        if (bid === undefined || state.get('isOther')) return;
        const known = state.get('auction');
        if (known === null) state.set('waiting', [...state.get('waiting'), bid]);
        else emit(expanded(bid, known));
      },
    })
    .map(([, row]) => row)
    .to('rows', toFiles({ path: 'nexmark-rows/q20' }));
});

function expanded({ dateTime: bidDateTime, extra: bidExtra, ...bid }: Bid, auction: Auction): object {
  const { id: _, dateTime: auctionDateTime, extra: auctionExtra, ...more } = auction;
  return { ...bid, bidDateTime, bidExtra, ...more, auctionDateTime, auctionExtra };
}
