import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './reduce-by-key-and-window.js';

it('slides over the last minute, through a restart in the middle of it', async () => {
  const job = testJob(definition, { startMs: 600_000 });
  job.add('clicks', [{ page: '/a' }, { page: '/a' }]);
  expect(await job.batch()).toEqual({ out: [{ page: '/a', clicks: 2, untilMs: 600_000 }] });
  job.advance('5 s');
  job.add('clicks', [{ page: '/a' }]);
  expect(await job.batch()).toEqual({ out: [] });
  await job.restart();
  expect(await job.advance('5 s', { batches: true })).toEqual({
    out: [{ page: '/a', clicks: 3, untilMs: 610_000 }],
  });
  expect((await job.advance('1 min', { batches: true }))['out']).toEqual([
    { page: '/a', clicks: 3, untilMs: 620_000 },
    { page: '/a', clicks: 3, untilMs: 630_000 },
    { page: '/a', clicks: 3, untilMs: 640_000 },
    { page: '/a', clicks: 3, untilMs: 650_000 },
    { page: '/a', clicks: 1, untilMs: 660_000 },
  ]);
});
