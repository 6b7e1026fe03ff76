import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './map-with-state.js';

it('tells a visit once its user was idle for the timeout, through a restart', async () => {
  const job = testJob(definition);
  job.add('clicks', [
    { user: 'ada', page: '/a' },
    { user: 'ada', page: '/b' },
  ]);
  expect(await job.batch()).toEqual({ out: [] });
  await job.restart();
  expect(await job.advance('9 min', { batches: true })).toEqual({ out: [] });
  expect(await job.advance('2 min', { batches: true })).toEqual({ out: [{ user: 'ada', pages: 2, first: '/a' }] });
});
