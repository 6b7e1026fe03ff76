/** Queries that look at one bid at a time. */

export const passThrough = `
SELECT auction, bidder, price, dateTime, extra
FROM bid`;

/** 0.908 is a decimal, and so is the product: exact. The nearest double is what JSON can say of it. */
export const currencyConversion = `
SELECT auction, bidder, CAST(0.908 * price AS DOUBLE) AS price, dateTime, extra
FROM bid`;

export const selection = `
SELECT auction, price
FROM bid
WHERE auction % 123 = 0`;

export const logToFiles = `
SELECT auction, bidder, price, dateTime, extra,
       strftime(epoch_ms(dateTime), '%Y-%m-%d') AS dt,
       strftime(epoch_ms(dateTime), '%H:%M') AS hm
FROM bid`;

export const sideInputJoin = `
SELECT auction, bidder, price, dateTime, value
FROM bid JOIN side ON bid.auction % 10000 = side.key`;

export const calculation = `
SELECT auction, bidder, CAST(0.908 * price AS DOUBLE) AS price,
       CASE
         WHEN hour(epoch_ms(dateTime)) BETWEEN 8 AND 18 THEN 'dayTime'
         WHEN hour(epoch_ms(dateTime)) <= 6 OR hour(epoch_ms(dateTime)) >= 20 THEN 'nightTime'
         ELSE 'otherTime'
       END AS bidTimeType,
       dateTime, extra,
       length(extra) - length(replace(extra, 'c', '')) AS cCount
FROM bid
WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000`;

export const channelId = `
WITH numbered AS (
  SELECT *,
         CASE lower(channel)
           WHEN 'apple' THEN '0' WHEN 'google' THEN '1' WHEN 'facebook' THEN '2' WHEN 'baidu' THEN '3'
         END AS known,
         CASE WHEN regexp_matches(url, '(&|^)channel_id=')
           THEN regexp_extract(url, '(&|^)channel_id=([^&]*)', 2)
         END AS named
  FROM bid
)
SELECT auction, bidder, price, channel, coalesce(known, named) AS channelId
FROM numbered
WHERE known IS NOT NULL OR named IS NOT NULL`;

export const urlDirectories = `
SELECT auction, bidder, price, channel,
       split_part(url, '/', 4) AS dir1, split_part(url, '/', 5) AS dir2, split_part(url, '/', 6) AS dir3
FROM bid`;
