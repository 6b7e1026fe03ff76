import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './dedupe.js';

const message = (id: string, minute: number) => ({ id, text: 'hi', sentMs: minute * 60_000 });

it('lets a message pass once in an hour, and counts those that repeat it', async () => {
  const job = testJob(definition);
  job.add('messages', [message('m1', 0), message('m2', 1), message('m1', 2)]);
  expect((await job.batch())['out']).toEqual([message('m1', 0), message('m2', 1)]);
  expect(job.counts('once')).toEqual({ duplicates: 1 });
  await job.restart();
  job.add('messages', [message('m1', 60), message('m1', 61)]);
  expect((await job.batch())['out']).toEqual([message('m1', 61)]);
  job.add('messages', [message('m3', 59)]);
  expect((await job.batch())['late']).toEqual([message('m3', 59)]);
});
