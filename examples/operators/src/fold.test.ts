import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './fold.js';

it('carries the state of each key from value to value, and from life to life', async () => {
  const job = testJob(definition);
  job.add('moves', [
    { player: 'ada', points: 3 },
    { player: 'bob', points: 9 },
    { player: 'ada', points: 7 },
  ]);
  expect(await job.batch()).toEqual({
    out: [
      { player: 'ada', moves: 2, best: 7 },
      { player: 'bob', moves: 1, best: 9 },
    ],
  });
  await job.restart();
  job.add('moves', [
    { player: 'ada', points: 1 },
    { player: 'bob', points: -1 },
  ]);
  expect(await job.batch()).toEqual({ out: [{ player: 'ada', moves: 3, best: 7 }] });
  expect(await job.state('scores')).toEqual([{ table: 'state', key: 'ada', value: { moves: 3, best: 7 } }]);
});
