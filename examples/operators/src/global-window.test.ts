import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './global-window.js';

const trades = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ symbol: 'TIDE', price: from + i }));

it('gives one result for every hundred trades', async () => {
  const job = testJob(definition);
  job.add('trades', trades(0, 60));
  expect(await job.batch()).toEqual({ out: [] });
  await job.restart();
  job.add('trades', trades(60, 230));
  expect(await job.batch()).toEqual({
    out: [
      { symbol: 'TIDE', lowest: 0, highest: 99 },
      { symbol: 'TIDE', lowest: 100, highest: 199 },
    ],
  });
});
