import * as bids from './duckdb/bids.js';
import * as joins from './duckdb/joins.js';
import * as statistics from './duckdb/statistics.js';
import * as windows from './duckdb/windows.js';

/**
 * What a job's rows must come to, whatever its batches were:
 * - `append`: the rows that it wrote, in any order, each as often as it occurs;
 * - `latest-by-key`: for each key the row that it wrote last. It may write a key once, when it is final, or often.
 */
export type ResultKind =
  { readonly kind: 'append' } | { readonly kind: 'latest-by-key'; readonly key: readonly [string, ...string[]] };

export type Query =
  | {
      readonly title: string;
      /** The question, as Nexmark asks it. */
      readonly asks: string;
      readonly covered: true;
      /** What the rows are, to the last tie: one answer, whatever the order of the events. */
      readonly answer: string;
      readonly result: ResultKind;
      /** The same in DuckDB, over the tables of `eventTables`. The columns of its rows are those of the answer. */
      readonly sql: string;
    }
  | { readonly title: string; readonly asks: string; readonly covered: false; readonly why: string };

const APPEND = { kind: 'append' } as const;
const latestBy = (...key: [string, ...string[]]) => ({ kind: 'latest-by-key', key }) as const;

/**
 * Nexmark's queries 0 to 22, as nexmark/nexmark states them (`nexmark-flink/src/main/resources/queries`), with every
 * point settled that its SQL leaves to the order of the events. All of them speak of the whole input: at its end the
 * watermark passes everything, so that every window, session and auction closes.
 *
 * Prices are whole cents, times milliseconds since 1970, days and minutes those of UTC.
 */
export const QUERIES = {
  q0: {
    title: 'Pass through',
    asks: 'All bids, as they are.',
    covered: true,
    answer: 'A row for every bid, without channel and url.',
    result: APPEND,
    sql: bids.passThrough,
  },
  q1: {
    title: 'Currency conversion',
    asks: 'What is each bid in euros?',
    covered: true,
    answer:
      'A row for every bid. The price, in euro cents, is 0.908 times the bid: exactly, which in JavaScript is `(price * 908) / 1000` and not `price * 0.908`.',
    result: APPEND,
    sql: bids.currencyConversion,
  },
  q2: {
    title: 'Selection',
    asks: 'What was bid in every 123rd auction?',
    covered: true,
    answer: 'Auction and price of every bid for an auction whose id is a multiple of 123.',
    result: APPEND,
    sql: bids.selection,
  },
  q3: {
    title: 'Local item suggestion',
    asks: 'Who is selling in OR, ID or CA in category 10, and in which auctions?',
    covered: true,
    answer: 'A row for every auction of category 10 whose seller lives there; either may come first, by any time.',
    result: APPEND,
    sql: joins.localItems,
  },
  q4: {
    title: 'Average price for a category',
    asks: 'What is the mean of the winning bids of all auctions of each category?',
    covered: true,
    answer:
      'The winning bid is the highest among those whose time lies between the beginning and the end of the auction, both included; an auction without one does not count, the reserve plays no part. The mean is rounded down to whole cents.',
    result: latestBy('category'),
    sql: joins.averageByCategory,
  },
  q5: {
    title: 'Hot items',
    asks: 'Which auctions have got the most bids in the last 10 seconds, every 2 seconds?',
    covered: true,
    answer:
      'For every window of 10 seconds that ends at a multiple of 2 seconds and holds a bid: the auctions with the most bids in it, all of them when several have as many. Rows carry the end of their window, which the reference leaves out.',
    result: APPEND,
    sql: windows.hotItems,
  },
  q6: {
    title: 'Average selling price by seller',
    asks: 'What is the mean selling price of the last 10 closed auctions of each seller?',
    covered: true,
    answer:
      'Auctions with a winning bid as in q4, in the order in which they close: by their end, then by their id. The mean of the last 10 of each seller, or of as many as there are, rounded down. (Flink SQL cannot run this query, and its text would take 11.)',
    result: latestBy('seller'),
    sql: joins.averageBySeller,
  },
  q7: {
    title: 'Highest bid',
    asks: 'Which are the highest bids of every 10 seconds?',
    covered: true,
    answer:
      'For every window of 10 seconds the bids in it with the highest price in it, all of them when several are as high. (The reference also takes a bid at the very end of a window into it, if it is as high.)',
    result: APPEND,
    sql: windows.highestBids,
  },
  q8: {
    title: 'Monitor new users',
    asks: 'Who came and opened an auction within the same 10 seconds?',
    covered: true,
    answer:
      'A row for every person and window of 10 seconds that holds both the person and an auction of theirs, once, however many auctions there are.',
    result: APPEND,
    sql: windows.newSellers,
  },
  q9: {
    title: 'Winning bids',
    asks: 'Which bid won each auction?',
    covered: true,
    answer:
      'Auctions with a winning bid as in q4. Among bids of the same price the earliest wins, then the one of the lower bidder, then the one whose `extra` comes first.',
    result: latestBy('id'),
    sql: joins.winningBids,
  },
  q10: {
    title: 'Log to the file system',
    asks: 'All bids in files, in a partition for each minute.',
    covered: true,
    answer:
      'A row for every bid with the partition that it belongs to: `dt` (day) and `hm` (minute). When a partition is complete, and what its files are called, is no part of the answer.',
    result: APPEND,
    sql: bids.logToFiles,
  },
  q11: {
    title: 'User sessions',
    asks: 'How many bids did each user make in each session?',
    covered: true,
    answer:
      'A session ends when its bidder has not bid for 10 seconds: a bid exactly 10 seconds after the one before begins another. Its window reaches from the first bid to 10 seconds after the last.',
    result: APPEND,
    sql: windows.userSessions,
  },
  q12: {
    title: 'Processing time windows',
    asks: 'How many bids does each user make in every 10 seconds of processing time?',
    covered: false,
    why: 'Its answer depends on when each bid happens to be read. Two correct runs differ, and a database has no such time; q11 asks the same of event time.',
  },
  q13: {
    title: 'Bounded side input join',
    asks: 'Each bid with the row of a bounded table that belongs to its auction.',
    covered: true,
    answer:
      'A row for every bid with the value whose key is the id of the auction modulo 10,000. The table is generated with the events (`side/`, and `sideTable()`) and does not change: the time at which it is looked up is no matter.',
    result: APPEND,
    sql: bids.sideInputJoin,
  },
  q14: {
    title: 'Calculation',
    asks: 'Which bids lie between 1,000,000 and 50,000,000 euro cents, at what time of day, with how many letters c?',
    covered: true,
    answer:
      'Prices as in q1, both bounds excluded. Hours 8 to 18 are `dayTime`, 20 to 6 `nightTime`, 7 and 19 `otherTime`. The count of the letter c in `extra` is a function of the user.',
    result: APPEND,
    sql: bids.calculation,
  },
  q15: {
    title: 'Bidding statistics report',
    asks: 'How many bids, bidders and auctions are there on each day, by level of price?',
    covered: true,
    answer:
      'Counts, and exact counts of distinct bidders and auctions, for all bids of the day, for those below 10,000, from 10,000 and below 1,000,000, and from 1,000,000.',
    result: latestBy('day'),
    sql: statistics.biddingReport,
  },
  q16: {
    title: 'Channel statistics report',
    asks: 'The same for each channel and day.',
    covered: true,
    answer: 'As q15, and the last minute of the day that has a bid.',
    result: latestBy('channel', 'day'),
    sql: statistics.channelReport,
  },
  q17: {
    title: 'Auction statistics report',
    asks: 'How many bids did each auction get on each day, and of what price?',
    covered: true,
    answer: 'Counts by level as in q15; least, highest, mean (rounded down to whole cents) and sum of the prices.',
    result: latestBy('auction', 'day'),
    sql: statistics.auctionReport,
  },
  q18: {
    title: 'Find last bid',
    asks: 'What is the last bid of each bidder in each auction?',
    covered: true,
    answer:
      'The bid with the latest time. Many share a millisecond: then the one with the higher price, then the one whose `extra`, channel and url come first. The order of arrival does not count.',
    result: latestBy('bidder', 'auction'),
    sql: statistics.lastBids,
  },
  q19: {
    title: 'Auction top 10',
    asks: 'What are the 10 highest bids of each auction?',
    covered: true,
    answer:
      'A row for every auction and rank from 1 to 10, as far as there are bids. Among bids of the same price: the earliest, then the lower bidder, then the one whose `extra`, channel and url come first.',
    result: latestBy('auction', 'rank'),
    sql: statistics.topBids,
  },
  q20: {
    title: 'Expand bid with auction',
    asks: 'All bids in category 10, with their auction.',
    covered: true,
    answer: 'A row for every bid whose auction is of category 10; either may come first, by any time.',
    result: APPEND,
    sql: joins.expandedBids,
  },
  q21: {
    title: 'Add channel id',
    asks: 'What is the id of the channel of each bid?',
    covered: true,
    answer:
      'As text: 0 for Apple, 1 for Google, 2 for Facebook, 3 for Baidu, in any spelling of upper and lower case; else what follows `channel_id=` in the url, up to the next `&`. Bids that have neither are left out.',
    result: APPEND,
    sql: bids.channelId,
  },
  q22: {
    title: 'Get URL directories',
    asks: 'What are the first three directories of the url of each bid?',
    covered: true,
    answer: 'A row for every bid with parts 3, 4 and 5 of the url, counted from 0, between slashes.',
    result: APPEND,
    sql: bids.urlDirectories,
  },
} as const satisfies Record<`q${number}`, Query>;

export type QueryId = keyof typeof QUERIES;

/** Those that have an answer. */
export type CoveredQueryId = { [Q in QueryId]: (typeof QUERIES)[Q]['covered'] extends true ? Q : never }[QueryId];

export const COVERED_QUERIES: readonly CoveredQueryId[] = (Object.keys(QUERIES) as QueryId[]).filter(
  (id): id is CoveredQueryId => QUERIES[id].covered,
);
