import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NexmarkEvent } from './events.js';
import { generate, GENERATOR_DEFAULTS, type GeneratorOptions } from './generator.js';

const run = (options: Partial<GeneratorOptions> = {}): NexmarkEvent[] => [
  ...generate({ ...GENERATOR_DEFAULTS, events: 20_000, ...options }),
];
const digest = (events: readonly NexmarkEvent[]): string =>
  createHash('sha256').update(JSON.stringify(events)).digest('hex');
const people = (events: readonly NexmarkEvent[]) => events.flatMap((e) => (e.type === 'person' ? [e.value] : []));
const auctions = (events: readonly NexmarkEvent[]) => events.flatMap((e) => (e.type === 'auction' ? [e.value] : []));
const bids = (events: readonly NexmarkEvent[]) => events.flatMap((e) => (e.type === 'bid' ? [e.value] : []));

/** Few, and of every shape: blocks that divide the events and that do not, several events a millisecond and none. */
const anyOptions = fc.record({
  events: fc.integer({ min: 1, max: 700 }),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  startMs: fc.integer({ min: 0, max: 2 ** 41 }),
  eventsPerSecond: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.double({ min: 0.01, max: 10, noNaN: true })),
  outOfOrderMs: fc.integer({ min: 0, max: 10_000 }),
});

describe('the events of Nexmark', () => {
  it('are the same from the same seed, on every machine', () => {
    expect(digest(run())).toBe('46ab43f9b609a6ef2aadfeb5900c2b0703469de75742ca58e951d5b1714d764f');
  });

  it('are others from another seed', () => {
    const [ours, theirs] = [bids(run()), bids(run({ seed: 43 }))];
    const alike = ours.filter(
      ({ price, extra }, index) => theirs[index]?.price === price || theirs[index]?.extra === extra,
    );
    // Prices are drawn anew, so that a few of the low ones coincide.
    expect(alike.length / ours.length).toBeLessThan(0.01);
  });

  it('are one person, three auctions and 46 bids out of fifty', () => {
    const events = run();
    expect([people(events).length, auctions(events).length, bids(events).length]).toEqual([400, 1_200, 18_400]);
  });

  it('number people and auctions from 1000 on, without gaps', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const events = [...generate(options)];
        expect(events).toHaveLength(options.events);
        for (const ids of [people(events), auctions(events)].map((all) => all.map(({ id }) => id))) {
          expect(ids.sort((a, b) => a - b)).toEqual(ids.map((_, index) => 1000 + index));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('refer only to people and auctions of the same run', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const events = [...generate(options)];
        const persons = new Set(people(events).map(({ id }) => id));
        const items = new Set(auctions(events).map(({ id }) => id));
        expect(auctions(events).filter(({ seller }) => !persons.has(seller))).toEqual([]);
        expect(bids(events).filter(({ bidder, auction }) => !persons.has(bidder) || !items.has(auction))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('lie no further behind the newest than they may', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const times = [...generate(options)].map(({ value }) => value.dateTime);
        let newest = -Infinity;
        const lateness = times.map((time) => (newest = Math.max(newest, time)) - time);
        expect(Math.max(...lateness)).toBeLessThanOrEqual(options.outOfOrderMs);
      }),
      { numRuns: 100 },
    );
  });

  it('are out of order when they may be, and else in order', () => {
    const late = (events: readonly NexmarkEvent[]): number =>
      events.filter(({ value }, index) => value.dateTime < (events[index - 1]?.value.dateTime ?? 0)).length;
    expect(late(run({ outOfOrderMs: 0 }))).toBe(0);
    expect(late(run({ outOfOrderMs: 100 }))).toBeGreaterThan(2_000);
  });

  it('happen at the rate that was asked for, beginning at the start', () => {
    const times = run({ eventsPerSecond: 400, startMs: 5_000 }).map(({ value }) => value.dateTime);
    expect(times.reduce((a, b) => Math.min(a, b))).toBe(5_000);
    expect(times.reduce((a, b) => Math.max(a, b))).toBe(5_000 + Math.floor(19_999 / 0.4));
  });

  it('are the same events in another order when they may be out of order', () => {
    const sorted = (events: readonly NexmarkEvent[]): string[] => events.map((event) => JSON.stringify(event)).sort();
    expect(sorted(run({ outOfOrderMs: 500 }))).toEqual(sorted(run({ outOfOrderMs: 0 })));
  });

  it('favour some auctions, bidders, sellers and channels', () => {
    const events = run();
    const share = <T>(rows: readonly T[], isHot: (row: T) => boolean): number =>
      rows.filter(isHot).length / rows.length;
    // A cold one may be a hot one by chance, so that shares are a little above one half, three quarters and one half.
    expect(share(bids(events), ({ auction }) => auction % 100 === 0)).toBeCloseTo(0.5, 1);
    expect(share(bids(events), ({ bidder }) => bidder % 100 === 1)).toBeCloseTo(0.75, 1);
    expect(share(auctions(events), ({ seller }) => seller % 100 === 0)).toBeCloseTo(0.75, 1);
    expect(share(bids(events), ({ channel }) => !channel.startsWith('channel-'))).toBeCloseTo(0.5, 1);
  });

  it('have prices whose logarithm is spread evenly, from one unit of money to a million', () => {
    const prices = bids(run()).map(({ price }) => price);
    const decades = [2, 3, 4, 5, 6, 7].map(
      (decade) => prices.filter((price) => price >= 10 ** decade && price < 10 ** (decade + 1)).length / prices.length,
    );
    for (const share of decades) expect(share).toBeCloseTo(1 / 6, 1);
    expect(prices.every((price) => Number.isInteger(price) && price >= 100 && price <= 10 ** 8)).toBe(true);
  });

  it('have auctions that last as long as a hundred others take to begin, on average, and one millisecond at least', () => {
    const lengths = auctions(run({ eventsPerSecond: 100 })).map(({ dateTime, expires }) => expires - dateTime);
    const usualMs = (100 * (50 / 3) * 1000) / 100;
    expect(lengths.reduce((a, b) => a + b) / lengths.length / usualMs).toBeCloseTo(1, 1);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(2 * usualMs);
  });

  it('are printable ASCII, which every reader counts and sorts alike', () => {
    expect(run().filter((event) => /[^ -~]/.test(JSON.stringify(event)))).toEqual([]);
  });
});
