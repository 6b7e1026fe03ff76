import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './fold-with-schema.js';

it('keeps a state with a schema in columns, through a crash and a restart', async () => {
  const job = testJob(definition);
  job.add('readings', [
    { sensor: 'roof', celsius: 21.5 },
    { sensor: 'oven', celsius: 180 },
  ]);
  expect(await job.batch()).toEqual({
    out: [
      { sensor: 'roof', lowest: 21.5, highest: 21.5, alarmed: false },
      { sensor: 'oven', lowest: 180, highest: 180, alarmed: true },
    ],
  });
  await job.restart();
  job.add('readings', [{ sensor: 'oven', celsius: 20 }]);
  expect(await job.batch()).toEqual({ out: [{ sensor: 'oven', lowest: 20, highest: 180, alarmed: true }] });
  await job.crash();
  job.add('readings', [{ sensor: 'roof', celsius: -4 }]);
  expect(await job.batch()).toEqual({ out: [{ sensor: 'roof', lowest: -4, highest: 21.5, alarmed: false }] });
});
