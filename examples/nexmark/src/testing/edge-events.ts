import type { Auction, Bid, Person } from '../events.js';
import type { Events } from './naive-model.js';

export const START = Date.UTC(2015, 6, 15);
const URL_WITHOUT_ID = 'https://www.nexmark.com/a/b/c/item.htm?query=1';

const person = (id: number, atMs: number): Person => ({
  ...{ id, name: `person ${id}`, emailAddress: '', creditCard: '', city: 'Bend', state: 'OR' },
  ...{ dateTime: START + atMs, extra: '' },
});
const auction = (id: number, seller: number, fromMs: number, toMs: number): Auction => ({
  ...{ id, seller, category: 10, itemName: '', description: '', initialBid: 1, reserve: 1, extra: '' },
  ...{ dateTime: START + fromMs, expires: START + toMs },
});
const bid = (of: number, bidder: number, price: number, atMs: number, more: Partial<Bid> = {}): Bid => ({
  ...{ auction: of, bidder, price, channel: 'channel-1', url: URL_WITHOUT_ID, extra: 'm' },
  ...{ dateTime: START + atMs, ...more },
});

/** What generated events have seldom or never: bids on the very edge of an auction, a window or a session, and ties. */
export const EDGE_EVENTS: Events = {
  person: [person(1, 0), person(2, 9_999), person(3, 10_000)],
  auction: [
    auction(1, 1, 5_000, 8_000),
    auction(2, 2, 10_000, 30_000),
    auction(3, 3, 19_999, 20_000),
    auction(4, 1, 9_999, 9_999),
  ],
  bid: [
    bid(1, 8, 900, 8_001),
    bid(1, 8, 100, 5_000),
    bid(1, 7, 300, 8_000, { extra: 'b' }),
    bid(1, 9, 300, 7_999),
    bid(1, 7, 300, 7_999, { extra: 'c' }),
    bid(1, 7, 300, 7_999, { extra: 'a', channel: 'GOOGLE', url: `${URL_WITHOUT_ID}&channel_id=77` }),
    bid(1, 7, 999, 4_999),
    bid(2, 5, 999, 10_000, { url: `${URL_WITHOUT_ID}&channel_id=77&more=1` }),
    bid(2, 5, 50, 19_999),
    bid(2, 5, 60, 29_999),
    bid(3, 4, 1, 35_000),
    bid(2, 5, 60, 39_998, { url: `${URL_WITHOUT_ID}&channel_id=` }),
  ],
};
