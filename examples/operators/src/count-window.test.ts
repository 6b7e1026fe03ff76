import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './count-window.js';

it('looks at the last four readings after every second one, through a restart', async () => {
  const job = testJob(definition);
  job.add(
    'readings',
    [10, 20, 30].map((celsius) => ({ sensor: 'roof', celsius })),
  );
  expect(await job.batch()).toEqual({ out: [{ sensor: 'roof', mean: 15, highest: 20 }] });
  await job.restart();
  job.add(
    'readings',
    [40, 10, 0].map((celsius) => ({ sensor: 'roof', celsius })),
  );
  expect(await job.batch()).toEqual({
    out: [
      { sensor: 'roof', mean: 25, highest: 40 },
      { sensor: 'roof', mean: 20, highest: 40 },
    ],
  });
});
