import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './event-time.js';

const at = (measuredMs: number) => ({ meter: 'm1', watts: 40, measuredMs });

it('follows the newest timestamp, and counts those that are too far ahead', async () => {
  const job = testJob(definition, { startMs: 10_000_000 });
  job.add('measurements', [at(9_990_000), at(9_980_000), at(99_000_000)]);
  expect((await job.batch())['out']).toHaveLength(3);
  expect(job.counts('measured')).toEqual({ ahead: 1 });
  await job.restart();
  job.advance('5 s');
  job.add('measurements', [at(9_985_000)]);
  await job.batch();
  expect(await job.state('measured')).toEqual([
    { table: 'state', key: null, value: { newestMs: 9_990_000, lastRowMs: 10_005_000 } },
  ]);
});
