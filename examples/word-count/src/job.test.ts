import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './job.js';

it('counts words over batches', async () => {
  const job = testJob(definition);
  job.add('lines', ['To be, or not to be']);
  expect((await job.batch())['files']).toEqual([
    { word: 'to', count: 2 },
    { word: 'be', count: 2 },
    { word: 'or', count: 1 },
    { word: 'not', count: 1 },
  ]);

  job.add('lines', ["That's not the question"]);
  expect((await job.batch())['files']).toContainEqual({ word: 'not', count: 2 });
});

it('goes on after a stop and after a crash', async () => {
  const job = testJob(definition);
  job.add('lines', ['tea']);
  await job.batch();

  await job.restart();
  job.add('lines', ['tea']);
  expect((await job.batch())['files']).toEqual([{ word: 'tea', count: 2 }]);

  await job.crash();
  job.add('lines', ['tea']);
  expect((await job.batch())['files']).toEqual([{ word: 'tea', count: 3 }]);
  expect(job.rows('files')).toHaveLength(3);
  expect(await job.state('counts')).toEqual([{ table: 'state', key: 'tea', value: 3 }]);
});

it('keeps nothing of an empty line', async () => {
  const job = testJob(definition);
  job.add('lines', '\n\n');
  expect(await job.batch()).toEqual({ files: [], log: [] });
});
