/** Queries that keep a table of statistics up to date. Days and minutes are those of UTC. */

const DAY = "strftime(epoch_ms(dateTime), '%Y-%m-%d')";

const BIDS = `
  count(*) AS totalBids,
  count(*) FILTER (WHERE price < 10000) AS rank1Bids,
  count(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2Bids,
  count(*) FILTER (WHERE price >= 1000000) AS rank3Bids`;

const distinct = (column: string, name: string): string => `
  count(DISTINCT ${column}) AS total${name},
  count(DISTINCT ${column}) FILTER (WHERE price < 10000) AS rank1${name},
  count(DISTINCT ${column}) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2${name},
  count(DISTINCT ${column}) FILTER (WHERE price >= 1000000) AS rank3${name}`;

const REPORT = [BIDS, distinct('bidder', 'Bidders'), distinct('auction', 'Auctions')].join(',');

export const biddingReport = `
SELECT ${DAY} AS day, ${REPORT}
FROM bid
GROUP BY day`;

export const channelReport = `
SELECT channel, ${DAY} AS day, max(strftime(epoch_ms(dateTime), '%H:%M')) AS minute, ${REPORT}
FROM bid
GROUP BY channel, day`;

export const auctionReport = `
SELECT auction, ${DAY} AS day, ${BIDS},
  min(price) AS minPrice, max(price) AS maxPrice,
  CAST(sum(price) // count(*) AS BIGINT) AS avgPrice, CAST(sum(price) AS BIGINT) AS sumPrice
FROM bid
GROUP BY auction, day`;

export const lastBids = `
SELECT auction, bidder, price, channel, url, dateTime, extra
FROM bid
QUALIFY row_number() OVER (
  PARTITION BY bidder, auction ORDER BY dateTime DESC, price DESC, extra, channel, url) = 1`;

export const topBids = `
SELECT auction, bidder, price, channel, url, dateTime, extra,
       row_number() OVER (PARTITION BY auction ORDER BY price DESC, dateTime, bidder, extra, channel, url) AS rank
FROM bid
QUALIFY rank <= 10`;
