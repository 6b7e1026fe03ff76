import type { KeyedStream, Stream } from '@tidemark/streams';
import type { Bid } from '../events.js';
import { minuteOf } from './times.js';

/** A level of price: every bid has two, `total` and one of the ranks. */
type Level = 'total' | 'rank1' | 'rank2' | 'rank3';

type Figure = `${Level}${'Bids' | 'Bidders' | 'Auctions'}`;

type Report = { readonly [F in Figure]: number };

/** One more for a figure of a group. */
interface Step {
  readonly group: string;
  readonly figure: Figure;
  readonly minute: string;
}

const NO_BIDS: Report = {
  ...{ totalBids: 0, rank1Bids: 0, rank2Bids: 0, rank3Bids: 0 },
  ...{ totalBidders: 0, rank1Bidders: 0, rank2Bidders: 0, rank3Bidders: 0 },
  ...{ totalAuctions: 0, rank1Auctions: 0, rank2Auctions: 0, rank3Auctions: 0 },
};

/**
 * How often each figure of each group goes up by one. Exact counts of different bidders and auctions: of each one is kept in
 * which levels it was seen, four booleans, and a step comes when it is seen in another.
 */
export function reportSteps(bids: Stream<Bid>, groupOf: (bid: Bid) => string): Stream<Step> {
  const all = bids.flatMap((bid) =>
    levelsOf(bid).map((level): Step => ({ group: groupOf(bid), figure: `${level}Bids`, minute: minuteOf(bid) })),
  );
  return all
    .union(firstOfEach('Bidders', bids, groupOf, ({ bidder }) => bidder))
    .union(firstOfEach('Auctions', bids, groupOf, ({ auction }) => auction));
}

function firstOfEach(
  what: 'Bidders' | 'Auctions',
  bids: Stream<Bid>,
  groupOf: (bid: Bid) => string,
  idOf: (bid: Bid) => number,
): Stream<Step> {
  return bids
    .keyBy((bid) => `${groupOf(bid)} ${idOf(bid)}`)
    .process<Step, typeof UNSEEN>(`distinct-${what.toLowerCase()}`, {
      state: UNSEEN,
      onRecord(bid, { state, emit }) {
        for (const level of levelsOf(bid)) {
          if (state.get(level)) continue;
          state.set(level, true);
          emit({ group: groupOf(bid), figure: `${level}${what}`, minute: minuteOf(bid) });
        }
      },
    })
    .map(([, step]) => step);
}

const UNSEEN = { total: false, rank1: false, rank2: false, rank3: false };

const levelsOf = ({ price }: Bid): readonly Level[] => {
  if (price < 10_000) return ['total', 'rank1'];
  return price < 1_000_000 ? ['total', 'rank2'] : ['total', 'rank3'];
};

/** Adds the steps up for each group, with the last minute of the day that a bid was made in. */
export function countSteps(
  uid: string,
  steps: Stream<Step>,
): KeyedStream<string, Report & { readonly minute: string }> {
  return steps.keyBy('group').fold(uid, {
    initial: { ...NO_BIDS, minute: '' },
    fold: (report, { figure, minute }) => ({
      ...report,
      minute: minute > report.minute ? minute : report.minute,
      [figure]: report[figure] + 1,
    }),
  });
}
