import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './map.js';

it('makes one record of each, and may look at the batch', async () => {
  const job = testJob(definition, { startMs: 10_000 });
  job.add('readings', [{ sensor: 'roof', celsius: 20 }]);
  expect(await job.batch()).toEqual({ out: [{ sensor: 'roof', kelvin: 293.15, seenMs: 10_000 }] });
  await job.restart();
  job.advance('1 min');
  job.add('readings', [{ sensor: 'roof', celsius: 0 }]);
  expect(await job.batch()).toEqual({ out: [{ sensor: 'roof', kelvin: 273.15, seenMs: 70_000 }] });
});
