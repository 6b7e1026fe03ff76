import type { JobBuilder, KeyedStream } from '@tidemark/streams';
import type { Auction, Bid } from '../events.js';
import { auctions, bids, EVENT_TIME } from './auction-site.js';
import { better } from './bid-order.js';

export interface Won {
  readonly auction: Auction;
  readonly bid: Bid;
}

/** One of the two: streams of different rows become one stream that a `process` reads. */
interface Arrival {
  readonly auction?: Auction;
  readonly bid?: Bid;
}

/**
 * Every auction that got a bid in its time, with the best one, once it is over: when the watermark is past its end. By then
 * all of its bids are there. What they are compared with lies under the auction's id; nothing is kept of one that is over.
 *
 * A bid may come before its auction, by as much as events are out of order. It waits until the watermark has passed it: an
 * auction that comes later begins later.
 */
export function winningBids(job: JobBuilder): KeyedStream<number, Won> {
  const opened = auctions(job)
    .eventTime('auction-times', EVENT_TIME)
    .keyBy('id')
    .mapValues((auction): Arrival => ({ auction }));
  const bidden = bids(job)
    .eventTime('bid-times', EVENT_TIME)
    .keyBy('auction')
    .mapValues((bid): Arrival => ({ bid }));

  return opened.union(bidden).process<Won, typeof NOTHING_YET>('winning', {
    state: NOTHING_YET,
    onRecord({ auction, bid }, { state, timers }) {
      if (auction !== undefined) {
        const [best = null] = state.get('waiting').filter(inTimeOf(auction)).sort(better);
        state.clear('waiting');
        state.set('auction', auction);
        state.set('best', best);
        timers.eventTime(auction.expires + 1);
      }
      if (bid === undefined) return;
      const open = state.get('auction');
      if (open === null) {
        const waiting = state.get('waiting');
        if (waiting.length === 0) timers.eventTime(bid.dateTime + 1);
        state.set('waiting', [...waiting, bid]);
      } else if (inTimeOf(open)(bid)) {
        const best = state.get('best');
        if (best === null || better(bid, best) < 0) state.set('best', bid);
      }
    },
    onTimer(timeMs, _kind, { state, timers, watermarkMs, emit }) {
      const [auction, bid] = [state.get('auction'), state.get('best')];
      if (auction !== null && timeMs <= auction.expires) return;
      if (auction !== null && bid !== null) emit({ auction, bid });
      const waiting = state.get('waiting').filter(({ dateTime }) => dateTime >= watermarkMs);
      state.clear();
      const [next] = waiting;
      if (next === undefined) return;
      state.set('waiting', waiting);
      timers.eventTime(next.dateTime + 1);
    },
  });
}

const NOTHING_YET = { auction: null as Auction | null, best: null as Bid | null, waiting: [] as Bid[] };

const inTimeOf =
  (auction: Auction) =>
  ({ dateTime }: Bid): boolean =>
    dateTime >= auction.dateTime && dateTime <= auction.expires;
