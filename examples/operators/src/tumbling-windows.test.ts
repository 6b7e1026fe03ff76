import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './tumbling-windows.js';

const sale = (shop: string, second: number, cents: number) => ({ shop, soldAt: second * 1_000, cents });

it('sums each minute once it is over, again for what is a little late, and keeps apart what is too late', async () => {
  const job = testJob(definition);
  job.add('sales', [sale('north', 10, 100), sale('south', 20, 50), sale('north', 59, 7)]);
  expect(await job.batch()).toEqual({ out: [], late: [] });
  await job.restart();
  // The watermark is five seconds behind the newest sale.
  job.add('sales', [sale('north', 65, 1)]);
  expect(await job.batch()).toEqual({
    out: [
      { shop: 'north', minute: 0, sales: 2, cents: 107 },
      { shop: 'south', minute: 0, sales: 1, cents: 50 },
    ],
    late: [],
  });
  job.add('sales', [sale('south', 30, 5), sale('north', 200, 1)]);
  expect(await job.batch()).toEqual({
    out: [
      { shop: 'south', minute: 0, sales: 2, cents: 55 },
      { shop: 'north', minute: 60_000, sales: 1, cents: 1 },
    ],
    late: [],
  });
  job.add('sales', [sale('south', 40, 5)]);
  expect(await job.batch()).toEqual({ out: [], late: [['south', sale('south', 40, 5)]] });
  expect(job.counts('minutes')).toEqual({ late: 1 });
});
