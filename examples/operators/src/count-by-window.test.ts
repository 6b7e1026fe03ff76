import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './count-by-window.js';

it('counts what came in the last minute, also where nothing did, through a restart', async () => {
  const job = testJob(definition, { startMs: 600_000 });
  expect(await job.batch()).toEqual({ out: [{ requests: 0, untilMs: 600_000 }] });
  job.add('requests', ['GET /', 'GET /a']);
  await job.restart();
  expect(await job.advance('10 s', { batches: true })).toEqual({ out: [{ requests: 2, untilMs: 610_000 }] });
});
