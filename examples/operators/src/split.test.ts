import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './split.js';

it('sends each event to the first branch that takes it', async () => {
  const job = testJob(definition);
  job.add('events', [
    { type: 'click', page: '/a' },
    { type: 'error', message: 'oh' },
    { type: 'search', words: 'tea' },
  ]);
  expect(await job.batch()).toEqual({ pages: ['/a'], words: ['tea'], others: [{ type: 'error', message: 'oh' }] });
});
