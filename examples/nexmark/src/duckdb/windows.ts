/** Queries over windows of event time. A window holds its start and not its end; windows begin at whole multiples of 1970. */

export const hotItems = `
WITH counts AS (
  SELECT auction, windowEndMs, count(*) AS num
  FROM (
    SELECT auction, (dateTime // 2000 + ahead) * 2000 AS windowEndMs
    FROM bid, range(1, 6) AS slides (ahead)
  )
  GROUP BY auction, windowEndMs
)
SELECT auction, num, windowEndMs
FROM counts
QUALIFY num = max(num) OVER (PARTITION BY windowEndMs)`;

export const highestBids = `
SELECT auction, bidder, price, dateTime, extra
FROM bid
QUALIFY price = max(price) OVER (PARTITION BY dateTime // 10000)`;

export const newSellers = `
SELECT DISTINCT person.id, person.name, person.dateTime // 10000 * 10000 AS windowStartMs
FROM person JOIN auction ON auction.seller = person.id AND auction.dateTime // 10000 = person.dateTime // 10000`;

export const userSessions = `
WITH steps AS (
  SELECT bidder, dateTime,
         dateTime - lag(dateTime) OVER (PARTITION BY bidder ORDER BY dateTime) AS sinceMs
  FROM bid
),
numbered AS (
  SELECT bidder, dateTime,
         count(*) FILTER (WHERE sinceMs >= 10000)
           OVER (PARTITION BY bidder ORDER BY dateTime RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session
  FROM steps
)
SELECT bidder, count(*) AS bidCount, min(dateTime) AS windowStartMs, max(dateTime) + 10000 AS windowEndMs
FROM numbered
GROUP BY bidder, session`;
