import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './flat-map.js';

it('makes any number of records of each', async () => {
  const job = testJob(definition);
  job.add('lines', ['To be, or not', '…', 'Être']);
  expect(await job.batch()).toEqual({ words: ['to', 'be', 'or', 'not', 'être'] });
  await job.restart();
  job.add('lines', 'that is\nthe question\n');
  expect(await job.batch()).toEqual({ words: ['that', 'is', 'the', 'question'] });
});
