import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './sliding-windows.js';

const reading = (minute: number, celsius: number) => ({ sensor: 'cellar', at: minute * 60_000 + 1, celsius });

it('looks back over an hour at every minute', async () => {
  const job = testJob(definition);
  job.add('readings', [reading(0, 10), reading(1, 20), reading(2, 15)]);
  expect(await job.batch()).toEqual({
    out: [{ sensor: 'cellar', until: 60_000, mean: 10, max: 10 }],
  });
  await job.restart();
  job.add('readings', [reading(62, 5)]);
  const { out = [] } = await job.batch();
  // The window that ends at minute 61 has lost the first reading.
  expect(out).toHaveLength(60);
  expect(out.slice(-2)).toEqual([
    { sensor: 'cellar', until: 60 * 60_000, mean: 15, max: 20 },
    { sensor: 'cellar', until: 61 * 60_000, mean: 17.5, max: 20 },
  ]);
});
