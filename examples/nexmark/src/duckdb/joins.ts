/** Queries that bring auctions together with people or bids. */

export const localItems = `
SELECT person.name, person.city, person.state, auction.id
FROM auction JOIN person ON auction.seller = person.id
WHERE auction.category = 10 AND person.state IN ('OR', 'ID', 'CA')`;

/**
 * The bid that wins each auction that got one in time. Bids are in a total order, because many share a millisecond and
 * some a price: two that are still equal after `extra` are the same row.
 */
const WINNING = `
winning AS (
  SELECT auction.*, bid.bidder, bid.price, bid.dateTime AS bidDateTime, bid.extra AS bidExtra
  FROM auction JOIN bid ON bid.auction = auction.id AND bid.dateTime BETWEEN auction.dateTime AND auction.expires
  QUALIFY row_number() OVER (
    PARTITION BY auction.id ORDER BY bid.price DESC, bid.dateTime, bid.bidder, bid.extra) = 1
)`;

/** Whole cents, rounded down: `//` divides integers. */
export const averageByCategory = `
WITH ${WINNING}
SELECT category, CAST(sum(price) // count(*) AS BIGINT) AS avgPrice
FROM winning
GROUP BY category`;

export const averageBySeller = `
WITH ${WINNING},
latest AS (
  SELECT seller, price FROM winning
  QUALIFY row_number() OVER (PARTITION BY seller ORDER BY expires DESC, id DESC) <= 10
)
SELECT seller, CAST(sum(price) // count(*) AS BIGINT) AS avgPrice
FROM latest
GROUP BY seller`;

export const winningBids = `
WITH ${WINNING}
SELECT id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra,
       bidder, price, bidDateTime, bidExtra
FROM winning`;

export const expandedBids = `
SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.url, bid.dateTime AS bidDateTime, bid.extra AS bidExtra,
       auction.itemName, auction.description, auction.initialBid, auction.reserve,
       auction.dateTime AS auctionDateTime, auction.expires, auction.seller, auction.category,
       auction.extra AS auctionExtra
FROM bid JOIN auction ON bid.auction = auction.id
WHERE auction.category = 10`;
