import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './early-results.js';

const bid = (minute: number, cents: number) => ({ auction: 7, at: minute * 60_000, cents });
const HOUR = 3_600_000;

it('tells how it stands, and the final word', async () => {
  const job = testJob(definition);
  job.add('bids', [bid(1, 100), bid(2, 300), bid(3, 200)]);
  await job.batch();
  const outputs = [];
  for (let batch = 0; batch < 10; batch += 1) outputs.push(await job.batch());
  expect(outputs.flatMap(({ out = [] }) => out)).toEqual([{ auction: 7, hour: HOUR, cents: 300 }]);
  await job.restart();
  job.add('bids', [bid(30, 500), bid(61, 1)]);
  expect((await job.batch())['out']).toEqual([{ auction: 7, hour: HOUR, cents: 500 }]);
});
