import { type Auction, type Bid, type NexmarkEvent, type Person } from './events.js';
import { Random } from './generator/random.js';
import { Timeline, type TimelineOptions } from './generator/timeline.js';

export interface GeneratorOptions extends TimelineOptions {
  /** 0 to 2^32 - 1. The same options give the same bytes on every machine. */
  readonly seed: number;
}

/** 2015-07-15T00:00:00Z at 10,000 events a second, as in Beam; one second of disorder, where Beam has none. */
export const GENERATOR_DEFAULTS: GeneratorOptions = {
  events: 1_000_000,
  seed: 42,
  startMs: Date.UTC(2015, 6, 15),
  eventsPerSecond: 10_000,
  outOfOrderMs: 1_000,
};

/**
 * The events of an auction site: Nexmark, by P. Tucker, K. Tufte, V. Papadimos and D. Maier, "NEXMark: A Benchmark for
 * Queries over Data Streams", as it was extended by Apache Beam (`org.apache.beam.sdk.nexmark.sources.generator`) and
 * by nexmark/nexmark (`com.github.nexmark.flink.generator`: channel, url and extra of a bid). Proportions, ids, hot
 * keys, prices and lengths are theirs; the code and the random numbers are not.
 *
 * Two things differ from both. An event is a function of the options and its number alone. And what an event refers to
 * (seller, auction, bidder) may appear after it, as there, but it does appear: ids end with the newest of the run.
 */
export function* generate(options: GeneratorOptions): Generator<NexmarkEvent> {
  const site = new AuctionSite(options);
  for (let place = 0; place < options.events; place += 1) yield site.eventAt(place);
}

/** Ids begin so that the queries, which name some, find them among few events. */
const FIRST_ID = 1000;
const FIRST_CATEGORY = 10;
const CATEGORIES = 5;

/** One out of this many sellers, bidders and auctions is hot: the first, or second, of every hundred. */
const HOT_EVERY = 100;
/** The odds against: 1 bid in 2 goes to another auction, 1 sale in 4 to another seller, 1 bid in 4 to another bidder. */
const COLD_AUCTION_ONE_IN = 2;
const COLD_SELLER_ONE_IN = 4;
const COLD_BIDDER_ONE_IN = 4;
const COLD_CHANNEL_ONE_IN = 2;

const AUCTIONS_IN_FLIGHT = 100;
const ACTIVE_PEOPLE = 1000;
/** How many ids ahead of the newest an event may refer to. */
const ID_LEAD = 10;

/** Bytes of an event on average, in the reference's way of counting, which leaves out names of fields and urls. */
const USUAL_BYTES = { person: 200, auction: 500, bid: 100 } as const;
const NUMBER_BYTES = 8;

const STATES = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'] as const;
const CITIES = [
  ...(['Phoenix', 'Los Angeles', 'San Francisco', 'Boise', 'Portland'] as const),
  ...(['Bend', 'Redmond', 'Seattle', 'Kent', 'Cheyenne'] as const),
] as const;
const FIRST_NAMES = [
  ...(['Peter', 'Paul', 'Luke', 'John', 'Saul', 'Vicky'] as const),
  ...(['Kate', 'Julie', 'Sarah', 'Deiter', 'Walter'] as const),
] as const;
const LAST_NAMES = ['Shultz', 'Abrams', 'Spencer', 'White', 'Bartels', 'Walton', 'Smith', 'Jones', 'Noris'] as const;

const HOT_CHANNELS = ['Google', 'Facebook', 'Baidu', 'Apple'] as const;
const CHANNELS = 10_000;
const EXTRA_LETTERS = 1 << 16;

/** Numbers of random streams that no event has. */
const STREAM_OF_EXTRAS = 2 ** 53 - 1;
const STREAM_OF_CHANNELS = 2 ** 53 - 2;

interface Channel {
  readonly channel: string;
  readonly url: string;
}

class AuctionSite {
  private readonly timeline: Timeline;
  private readonly random: Random;
  private readonly letters: string;
  private readonly hotChannels: readonly [Channel, ...Channel[]];
  private readonly channels: readonly [Channel, ...Channel[]];
  private readonly lastPersonOfRun: number;
  private readonly lastAuctionOfRun: number;

  constructor({ seed, ...timeline }: GeneratorOptions) {
    this.timeline = new Timeline(timeline);
    this.lastPersonOfRun = this.timeline.lastPerson(timeline.events - 1);
    this.lastAuctionOfRun = this.timeline.lastAuction(timeline.events - 1);
    this.random = new Random(seed, STREAM_OF_EXTRAS);
    this.letters = Array.from({ length: EXTRA_LETTERS }, () => this.random.letter()).join('');
    this.random.restart(STREAM_OF_CHANNELS);
    const [first, ...rest] = HOT_CHANNELS.map((channel) => ({ channel, url: this.url() }));
    this.hotChannels = [first ?? this.channel(0), ...rest];
    this.channels = [this.channel(0), ...Array.from({ length: CHANNELS - 1 }, (_, index) => this.channel(index + 1))];
  }

  eventAt(place: number): NexmarkEvent {
    const number = this.timeline.numberAt(place);
    const type = this.timeline.typeOf(number);
    this.random.restart(number);
    switch (type) {
      case 'person':
        return { type, value: this.person(number) };
      case 'auction':
        return { type, value: this.auction(number) };
      case 'bid':
        return { type, value: this.bid(number) };
    }
  }

  private person(number: number): Person {
    const { random } = this;
    const id = FIRST_ID + this.timeline.lastPerson(number);
    const name = `${random.oneOf(FIRST_NAMES)} ${random.oneOf(LAST_NAMES)}`;
    const emailAddress = `${random.words(7, ' ')}@${random.words(5, ' ')}.com`;
    const creditCard = Array.from({ length: 4 }, () => String(random.below(10_000)).padStart(4, '0')).join(' ');
    const city = random.oneOf(CITIES);
    const state = random.oneOf(STATES);
    const texts = name.length + emailAddress.length + creditCard.length + city.length + state.length;
    const extra = this.extra(USUAL_BYTES.person - NUMBER_BYTES - texts);
    return { id, name, emailAddress, creditCard, city, state, dateTime: this.timeline.timeMs(number), extra };
  }

  private auction(number: number): Auction {
    const { random, timeline } = this;
    const id = FIRST_ID + timeline.lastAuction(number);
    const hotSeller = roundedDown(timeline.lastPerson(number));
    const seller = FIRST_ID + (random.below(COLD_SELLER_ONE_IN) > 0 ? hotSeller : this.activePerson(number));
    const category = FIRST_CATEGORY + random.below(CATEGORIES);
    const initialBid = random.price();
    const dateTime = timeline.timeMs(number);
    // Lengths are such that, on average, this many auctions are open at a time.
    const usualLengthMs = timeline.timeMs(number + timeline.eventsPerAuctions(AUCTIONS_IN_FLIGHT)) - dateTime;
    const expires = dateTime + 1 + random.below(Math.max(1, 2 * usualLengthMs));
    const itemName = random.words(20, ' ');
    const description = random.words(100, ' ');
    const reserve = initialBid + random.price();
    const extra = this.extra(USUAL_BYTES.auction - 6 * NUMBER_BYTES - itemName.length - description.length);
    return { id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra };
  }

  private bid(number: number): Bid {
    const { random, timeline } = this;
    const hotAuction = roundedDown(timeline.lastAuction(number));
    const auction = FIRST_ID + (random.below(COLD_AUCTION_ONE_IN) > 0 ? hotAuction : this.openAuction(number));
    // The second of every hundred, because the first is the hot seller.
    const hotBidder = Math.min(roundedDown(timeline.lastPerson(number)) + 1, this.lastPersonOfRun);
    const bidder = FIRST_ID + (random.below(COLD_BIDDER_ONE_IN) > 0 ? hotBidder : this.activePerson(number));
    const price = random.price();
    const { channel, url } = random.oneOf(random.below(COLD_CHANNEL_ONE_IN) > 0 ? this.hotChannels : this.channels);
    const extra = this.extra(USUAL_BYTES.bid - 4 * NUMBER_BYTES);
    return { auction, bidder, price, channel, url, dateTime: timeline.timeMs(number), extra };
  }

  /** One of the newest people, or one who is about to come. */
  private activePerson(number: number): number {
    const people = this.timeline.lastPerson(number) + 1;
    const active = Math.min(people, ACTIVE_PEOPLE);
    return Math.min(people - active + this.random.below(active + ID_LEAD), this.lastPersonOfRun);
  }

  /** One of the auctions that are likely to be open still, or one that is about to begin. */
  private openAuction(number: number): number {
    const last = this.timeline.lastAuction(number);
    const first = Math.max(0, last - AUCTIONS_IN_FLIGHT);
    return Math.min(first + this.random.below(last - first + 1 + ID_LEAD), this.lastAuctionOfRun);
  }

  private channel(index: number): Channel {
    const url = this.url();
    const withId = this.random.below(10) > 0;
    return { channel: `channel-${index}`, url: withId ? `${url}&channel_id=${reversedBits(index)}` : url };
  }

  private url(): string {
    const folders = Array.from({ length: 3 }, () => this.random.words(5, '_')).join('/');
    return `https://www.nexmark.com/${folders}/item.htm?query=1`;
  }

  /** Letters, about as many as asked for: a fifth more or less. */
  private extra(usualLength: number): string {
    if (usualLength <= 0) return '';
    const spread = Math.round(usualLength / 5);
    const length = usualLength - spread + this.random.below(Math.max(1, 2 * spread));
    const from = this.random.below(EXTRA_LETTERS - length);
    return this.letters.slice(from, from + length);
  }
}

const roundedDown = (index: number): number => index - (index % HOT_EVERY);

/** The 32 bits the other way round, without their sign. */
function reversedBits(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit += 1) reversed |= ((value >>> bit) & 1) << (31 - bit);
  return Math.abs(reversed);
}
