import { files, type JobBuilder, type SourceSpec, type Stream } from '@tidemark/streams';
import { z } from 'zod';
import type { Auction, Bid, Person, SideRow } from '../events.js';

/** What all queries read: people, auctions and bids, as `writeEvents` wrote them below the tenant's files root. */
const FOLDER = 'nexmark';

const person = z.object({
  id: z.number(),
  name: z.string(),
  emailAddress: z.string(),
  creditCard: z.string(),
  city: z.string(),
  state: z.string(),
  dateTime: z.number(),
  extra: z.string(),
});

const auction = z.object({
  id: z.number(),
  itemName: z.string(),
  description: z.string(),
  initialBid: z.number(),
  reserve: z.number(),
  dateTime: z.number(),
  expires: z.number(),
  seller: z.number(),
  category: z.number(),
  extra: z.string(),
});

const bid = z.object({
  auction: z.number(),
  bidder: z.number(),
  price: z.number(),
  channel: z.string(),
  url: z.string(),
  dateTime: z.number(),
  extra: z.string(),
});

export const sideRow = z.object({ key: z.number(), value: z.string() });

export const people = (job: JobBuilder): Stream<Person> => job.source('people', events('person'), { schema: person });

export const auctions = (job: JobBuilder): Stream<Auction> =>
  job.source('auctions', events('auction'), { schema: auction });

export const bids = (job: JobBuilder): Stream<Bid> => job.source('bids', events('bid'), { schema: bid });

/** The rows of the bounded table of q13: so few that the first batch reads them all. */
export const sideRows = (): SourceSpec<SideRow> => files({ path: `${FOLDER}/side` });

/** When an event happened: the generator lets one lie up to a second behind the newest. */
export const EVENT_TIME = { timestamp: 'dateTime', outOfOrderness: '1 s' } as const;

/** Longer than the site exists: an interval join within it pairs rows of any two times. */
export const EVER = '36500 d';

/** Small batches, so that a run of a few hundred thousand events has a middle in which it can be interrupted. */
function events<T>(kind: 'person' | 'auction' | 'bid'): SourceSpec<T> {
  return files<T>({ path: `${FOLDER}/${kind}`, maxBytesPerBatch: 1 << 20 });
}
