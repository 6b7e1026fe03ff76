import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './cogroup.js';

const HOUR = 3_600_000;

it('gives one call all rows of a key and window', async () => {
  const job = testJob(definition);
  job.add('arrivals', [
    { depot: 'Bern', atMs: 10 },
    { depot: 'Bern', atMs: 20 },
  ]);
  job.add('departures', [
    { depot: 'Bern', atMs: 30 },
    { depot: 'Lund', atMs: 40 },
  ]);
  expect(await job.batch()).toEqual({ out: [] });
  await job.restart();
  job.add('arrivals', [{ depot: 'Bern', atMs: 2 * HOUR }]);
  job.add('departures', [{ depot: 'Bern', atMs: 2 * HOUR }]);
  expect(await job.batch()).toEqual({
    out: [
      { depot: 'Bern', more: 1, fromMs: 0 },
      { depot: 'Lund', more: -1, fromMs: 0 },
    ],
  });
});
