import type { Row } from '../compare.js';
import { sideTable, type Auction, type Bid, type Person } from '../events.js';
import type { CoveredQueryId } from '../queries.js';

/** All events of a run, in any order. */
export interface Events {
  readonly person: readonly Person[];
  readonly auction: readonly Auction[];
  readonly bid: readonly Bid[];
}

/** Every query once more, written from its question with nothing but arrays and maps, for a few thousand events. */
export const NAIVE: { readonly [Q in CoveredQueryId]: (events: Events) => Row[] } = {
  q0: ({ bid }) => bid.map(({ channel: _channel, url: _url, ...row }) => row),
  q1: ({ bid }) => bid.map(({ channel: _channel, url: _url, ...row }) => ({ ...row, price: euros(row) })),
  q2: ({ bid }) => bid.filter((b) => b.auction % 123 === 0).map(({ auction, price }) => ({ auction, price })),
  q3: ({ person, auction }) =>
    auction
      .filter(({ category }) => category === 10)
      .flatMap(({ id, seller }) =>
        person
          .filter((p) => p.id === seller && ['OR', 'ID', 'CA'].includes(p.state))
          .map(({ name, city, state }) => ({ name, city, state, id })),
      ),
  q4: (events) =>
    groups(winners(events), ({ auction }) => auction.category).map(([category, won]) => ({
      category,
      avgPrice: mean(won.map(({ bid }) => bid.price)),
    })),
  q5: ({ bid }) => windowEnds(bid).flatMap((endMs) => hottest(bid, endMs)),
  q6: (events) =>
    groups(winners(events), ({ auction }) => auction.seller).map(([seller, won]) => ({
      seller,
      avgPrice: mean(
        won
          .sort((a, b) => a.auction.expires - b.auction.expires || a.auction.id - b.auction.id)
          .slice(-10)
          .map(({ bid }) => bid.price),
      ),
    })),
  q7: ({ bid }) =>
    groups(bid, ({ dateTime }) => Math.floor(dateTime / 10_000)).flatMap(([, window]) => {
      const highest = Math.max(...window.map(({ price }) => price));
      return window.filter(({ price }) => price === highest).map(({ channel: _channel, url: _url, ...row }) => row);
    }),
  q8: ({ person, auction }) =>
    person
      .map(({ id, name, dateTime }) => ({ id, name, windowStartMs: dateTime - (dateTime % 10_000) }))
      .filter(({ id, windowStartMs }) =>
        auction.some((a) => a.seller === id && a.dateTime >= windowStartMs && a.dateTime < windowStartMs + 10_000),
      ),
  q9: (events) =>
    winners(events).map(({ auction, bid }) => ({
      ...auction,
      ...{ bidder: bid.bidder, price: bid.price, bidDateTime: bid.dateTime, bidExtra: bid.extra },
    })),
  q10: ({ bid }) =>
    bid.map(({ channel: _channel, url: _url, ...row }) => ({ ...row, dt: dayOf(row), hm: minuteOf(row) })),
  q11: ({ bid }) => groups(bid, ({ bidder }) => bidder).flatMap(([, bids]) => sessions(bids)),
  q13: ({ bid }) => {
    const side = [...sideTable()];
    return bid.map(({ auction, bidder, price, dateTime }) => {
      const value = side[auction % 10_000]?.value ?? null;
      return { auction, bidder, price, dateTime, value };
    });
  },
  q14: ({ bid }) =>
    bid
      .filter((b) => euros(b) > 1_000_000 && euros(b) < 50_000_000)
      .map(({ auction, bidder, price, dateTime, extra }) => ({
        ...{ auction, bidder, price: euros({ price }), dateTime, extra },
        bidTimeType: timeOfDay(new Date(dateTime).getUTCHours()),
        cCount: [...extra].filter((letter) => letter === 'c').length,
      })),
  q15: ({ bid }) => groups(bid, dayOf).map(([day, bids]) => ({ day, ...report(bids) })),
  q16: ({ bid }) =>
    groups(bid, (b) => `${b.channel}|${dayOf(b)}`).map(([key, bids]) => {
      const [channel = '', day = ''] = key.split('|');
      return { channel, day, minute: bids.map(minuteOf).sort().at(-1) ?? null, ...report(bids) };
    }),
  q17: ({ bid }) =>
    groups(bid, (b) => `${b.auction}|${dayOf(b)}`).map(([key, bids]) => {
      const [auction, day = ''] = key.split('|');
      const prices = bids.map(({ price }) => price).sort((a, b) => a - b);
      return {
        ...{ auction: Number(auction), day, ...levels('Bids', bids, (of) => of.length) },
        ...{ minPrice: prices.at(0) ?? null, maxPrice: prices.at(-1) ?? null },
        ...{ avgPrice: mean(prices), sumPrice: sum(prices) },
      };
    }),
  q18: ({ bid }) =>
    groups(bid, ({ bidder, auction }) => `${bidder} ${auction}`).flatMap(([, bids]) =>
      bids.sort((a, b) => b.dateTime - a.dateTime || b.price - a.price || byTexts(a, b)).slice(0, 1),
    ) as unknown as Row[],
  q19: ({ bid }) =>
    groups(bid, ({ auction }) => auction).flatMap(([, bids]) =>
      bids
        .sort(better)
        .slice(0, 10)
        .map((b, index) => ({ ...b, rank: index + 1 })),
    ),
  q20: ({ auction, bid }) =>
    bid.flatMap(({ dateTime, extra, ...b }) =>
      auction
        .filter(({ id, category }) => id === b.auction && category === 10)
        .map(({ id: _id, dateTime: auctionDateTime, extra: auctionExtra, ...a }) => ({
          ...b,
          ...{ bidDateTime: dateTime, bidExtra: extra, ...a, auctionDateTime, auctionExtra },
        })),
    ),
  q21: ({ bid }) =>
    bid.flatMap(({ auction, bidder, price, channel, url }) => {
      const known = ['apple', 'google', 'facebook', 'baidu'].indexOf(channel.toLowerCase());
      const channelId = known >= 0 ? String(known) : new URL(url).searchParams.get('channel_id');
      return channelId === null ? [] : [{ auction, bidder, price, channel, channelId }];
    }),
  q22: ({ bid }) =>
    bid.map(({ auction, bidder, price, channel, url }) => {
      const [dir1 = '', dir2 = '', dir3 = ''] = new URL(url).pathname.split('/').slice(1);
      return { auction, bidder, price, channel, dir1, dir2, dir3 };
    }),
};

function winners({ auction, bid }: Events): { auction: Auction; bid: Bid }[] {
  return auction.flatMap((a) => {
    const [best] = bid
      .filter((b) => b.auction === a.id && b.dateTime >= a.dateTime && b.dateTime <= a.expires)
      .sort(better);
    return best === undefined ? [] : [{ auction: a, bid: best }];
  });
}

const better = (a: Bid, b: Bid): number =>
  b.price - a.price || a.dateTime - b.dateTime || a.bidder - b.bidder || byTexts(a, b);

const byTexts = (a: Bid, b: Bid): number =>
  inOrder(a.extra, b.extra) || inOrder(a.channel, b.channel) || inOrder(a.url, b.url);

const inOrder = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Ends of all windows of q5 that hold a bid. */
function windowEnds(bids: readonly Bid[]): number[] {
  const times = bids.map(({ dateTime }) => dateTime);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const ends: number[] = [];
  for (let endMs = first - (first % 2_000) + 2_000; endMs <= last + 10_000; endMs += 2_000) ends.push(endMs);
  return ends;
}

function hottest(bids: readonly Bid[], windowEndMs: number): Row[] {
  const inside = bids.filter(({ dateTime }) => dateTime >= windowEndMs - 10_000 && dateTime < windowEndMs);
  const counts = groups(inside, ({ auction }) => auction).map(([auction, { length: num }]) => ({ auction, num }));
  const most = Math.max(...counts.map(({ num }) => num));
  return counts.filter(({ num }) => num === most).map((row) => ({ ...row, windowEndMs }));
}

function sessions(bids: Bid[]): Row[] {
  const rows: { bidder: number; bidCount: number; windowStartMs: number; windowEndMs: number }[] = [];
  for (const { bidder, dateTime } of bids.sort((a, b) => a.dateTime - b.dateTime)) {
    const open = rows.at(-1);
    if (open !== undefined && dateTime < open.windowEndMs) {
      open.bidCount += 1;
      open.windowEndMs = dateTime + 10_000;
    } else rows.push({ bidder, bidCount: 1, windowStartMs: dateTime, windowEndMs: dateTime + 10_000 });
  }
  return rows;
}

const report = (bids: readonly Bid[]): Row => ({
  ...levels('Bids', bids, (of) => of.length),
  ...levels('Bidders', bids, (of) => new Set(of.map(({ bidder }) => bidder)).size),
  ...levels('Auctions', bids, (of) => new Set(of.map(({ auction }) => auction)).size),
});

const levels = (name: string, bids: readonly Bid[], count: (of: readonly Bid[]) => number): Row => ({
  [`total${name}`]: count(bids),
  [`rank1${name}`]: count(bids.filter(({ price }) => price < 10_000)),
  [`rank2${name}`]: count(bids.filter(({ price }) => price >= 10_000 && price < 1_000_000)),
  [`rank3${name}`]: count(bids.filter(({ price }) => price >= 1_000_000)),
});

function groups<T, K extends string | number>(rows: readonly T[], keyOf: (row: T) => K): [K, T[]][] {
  return [...Map.groupBy(rows, keyOf)];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const mean = (numbers: readonly number[]): number => Math.floor(sum(numbers) / numbers.length);
const euros = ({ price }: { readonly price: number }): number => (price * 908) / 1000;
const dayOf = ({ dateTime }: { readonly dateTime: number }): string => new Date(dateTime).toISOString().slice(0, 10);
const minuteOf = ({ dateTime }: { readonly dateTime: number }): string =>
  new Date(dateTime).toISOString().slice(11, 16);

function timeOfDay(hour: number): string {
  if (hour >= 8 && hour <= 18) return 'dayTime';
  return hour === 7 || hour === 19 ? 'otherTime' : 'nightTime';
}
