import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './figures.js';

it('keeps figures that are more than a number, through a restart', async () => {
  const job = testJob(definition);
  job.add('plays', [
    { room: 'r', song: 'a', listener: 'x', seconds: 200 },
    { room: 'r', song: 'b', listener: 'y', seconds: 150 },
  ]);
  await job.batch();
  await job.restart();
  job.add('plays', [{ room: 'r', song: 'b', listener: 'x', seconds: 90 }]);
  expect(await job.batch()).toEqual({
    out: [
      {
        room: 'r',
        listeners: 2,
        charts: [
          { value: 'b', count: 2, error: 0 },
          { value: 'a', count: 1, error: 0 },
        ],
        opener: 'a',
        current: 'b',
        lengths: [200, 150, 90],
        range: 110,
      },
    ],
  });
});
