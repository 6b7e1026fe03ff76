import type { Bid } from '../events.js';

/** Negative if `a` is the better bid: the higher one, then the earlier, then an order of what is left, so that there is one. */
export const better = (a: Bid, b: Bid): number =>
  b.price - a.price || a.dateTime - b.dateTime || a.bidder - b.bidder || byTexts(a, b);

/** Negative if `a` is the later bid; of the same millisecond the higher one, then as above. */
export const later = (a: Bid, b: Bid): number => b.dateTime - a.dateTime || b.price - a.price || byTexts(a, b);

const byTexts = (a: Bid, b: Bid): number =>
  inOrder(a.extra, b.extra) || inOrder(a.channel, b.channel) || inOrder(a.url, b.url);

const inOrder = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
