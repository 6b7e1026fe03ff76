import type { NexmarkEvent } from './events.js';

const DAY_MS = 86_400_000;

/**
 * An event of each kind, a day after the last one of a run: with them the watermark of every stream passes all the others, so
 * that every window, session and auction closes. They belong to nothing, and stay open themselves: no query that keeps time
 * writes a row of them. Those that keep none would, and must not get them.
 */
export function closingEvents(lastMs: number): readonly NexmarkEvent[] {
  const dateTime = lastMs + DAY_MS;
  const texts = { name: '', emailAddress: '', creditCard: '', city: '', state: '' };
  const sale = { seller: 0, category: 0, itemName: '', description: '', initialBid: 0, reserve: 0 };
  return [
    { type: 'person', value: { id: 0, ...texts, dateTime, extra: '' } },
    { type: 'auction', value: { id: 0, ...sale, dateTime, expires: dateTime + DAY_MS, extra: '' } },
    { type: 'bid', value: { auction: 0, bidder: 0, price: 0, channel: '', url: '', dateTime, extra: '' } },
  ];
}
