/** The three kinds of event of Nexmark, one JSON line each. Times are milliseconds since 1970, UTC. */
export interface Person {
  readonly id: number;
  readonly name: string;
  readonly emailAddress: string;
  readonly creditCard: string;
  readonly city: string;
  readonly state: string;
  readonly dateTime: number;
  /** Letters that bring the event to its usual size. */
  readonly extra: string;
}

export interface Auction {
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  /** Cents, as every price. */
  readonly initialBid: number;
  readonly reserve: number;
  readonly dateTime: number;
  /** The last instant at which a bid counts. */
  readonly expires: number;
  /** Id of a person. */
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}

export interface Bid {
  /** Id of an auction. */
  readonly auction: number;
  /** Id of a person. */
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly dateTime: number;
  readonly extra: string;
}

export type NexmarkEvent =
  | { readonly type: 'person'; readonly value: Person }
  | { readonly type: 'auction'; readonly value: Auction }
  | { readonly type: 'bid'; readonly value: Bid };

export type EventType = NexmarkEvent['type'];

export const EVENT_TYPES = ['person', 'auction', 'bid'] as const satisfies readonly EventType[];

/** A row of the bounded table that q13 looks bids up in. */
export interface SideRow {
  readonly key: number;
  readonly value: string;
}

/** The side input of q13: a number and its text, for every remainder that an auction's id can have. */
export const SIDE_ROWS = 10_000;

export function* sideTable(): Generator<SideRow> {
  for (let key = 0; key < SIDE_ROWS; key += 1) yield { key, value: String(key) };
}
