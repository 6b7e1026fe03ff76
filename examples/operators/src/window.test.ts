import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './window.js';

it('hands out the records of a window when it ends', async () => {
  const job = testJob(definition, { startMs: 610_000 });
  job.add('orders', [{ id: 'o1', amount: 5 }]);
  expect(await job.batch()).toEqual({ out: [] });
  await job.restart();
  job.add('orders', [{ id: 'o2', amount: 7 }]);
  expect(await job.advance('1 min', { batches: true })).toEqual({
    out: [
      { id: 'o1', amount: 5, fromMs: 600_000, toMs: 660_000 },
      { id: 'o2', amount: 7, fromMs: 600_000, toMs: 660_000 },
    ],
  });
  expect(await job.state('minutes')).not.toContainEqual(expect.objectContaining({ key: '660000' }));
});
