export interface TimelineOptions {
  /** Events in all. */
  readonly events: number;
  /** Event time of the first event, in milliseconds since 1970. */
  readonly startMs: number;
  /** In event time. */
  readonly eventsPerSecond: number;
  /** How far an event's time may lie behind the newest that came before it; 0 for events in order. */
  readonly outOfOrderMs: number;
}

/** Out of every 50 events 1 is a person, 3 are auctions and 46 are bids, in this order. */
export const PROPORTIONS = { person: 1, auction: 3, bid: 46 } as const;
const EVENTS_PER_EPOCH = PROPORTIONS.person + PROPORTIONS.auction + PROPORTIONS.bid;

/**
 * Which event has which number, time and id. An event's number says what it is and when it happened; where it stands in
 * the output differs from that by the shuffle that `outOfOrderMs` asks for.
 */
export class Timeline {
  /** As the reference generators: blocks of this many events are shuffled, each in itself. */
  private readonly blockEvents: number;

  constructor(private readonly options: TimelineOptions) {
    this.blockEvents = Math.max(1, Math.floor((options.outOfOrderMs * options.eventsPerSecond) / 1000));
  }

  /** The number of the event that stands at this place of the output. Every number below `events` has one place. */
  numberAt(place: number): number {
    const blockStart = place - (place % this.blockEvents);
    const size = Math.min(this.blockEvents, this.options.events - blockStart);
    return blockStart + (((place - blockStart) * strideFor(size)) % size);
  }

  timeMs(number: number): number {
    return this.options.startMs + Math.floor((number * 1000) / this.options.eventsPerSecond);
  }

  /** Counted from 0: the newest person at the time of the event, or the one that it is. */
  lastPerson(number: number): number {
    return Math.floor(number / EVENTS_PER_EPOCH);
  }

  /** Counted from 0: the newest auction at the time of the event, or the one that it is; -1 before the first. */
  lastAuction(number: number): number {
    const offset = number % EVENTS_PER_EPOCH;
    const withinEpoch = Math.min(offset, PROPORTIONS.auction + PROPORTIONS.person - 1) - PROPORTIONS.person;
    return Math.floor(number / EVENTS_PER_EPOCH) * PROPORTIONS.auction + withinEpoch;
  }

  /** Events until this many more auctions have begun. */
  eventsPerAuctions(auctions: number): number {
    return Math.floor((auctions * EVENTS_PER_EPOCH) / PROPORTIONS.auction);
  }

  typeOf(number: number): keyof typeof PROPORTIONS {
    const offset = number % EVENTS_PER_EPOCH;
    if (offset < PROPORTIONS.person) return 'person';
    return offset < PROPORTIONS.person + PROPORTIONS.auction ? 'auction' : 'bid';
  }
}

/** Multiplying by a number that shares no divisor with `size` visits every place of a block once. */
function strideFor(size: number): number {
  let stride = FIRST_STRIDE;
  while (divisor(stride, size) !== 1) stride += 1;
  return stride;
}

const FIRST_STRIDE = 953;

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
