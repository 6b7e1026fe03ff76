import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './top-n.js';

const run = (runner: string, seconds: number) => ({ track: 'hill', runner, seconds });

it('sends on a list when it changes', async () => {
  const job = testJob(definition);
  job.add('runs', [run('ada', 30), run('bob', 20), run('cem', 40)]);
  expect(await job.batch()).toEqual({ out: [{ track: 'hill', fastest: ['bob', 'ada', 'cem'] }] });
  await job.restart();
  job.add('runs', [run('dan', 50)]);
  expect(await job.batch()).toEqual({ out: [] });
  job.add('runs', [run('eve', 30)]);
  expect(await job.batch()).toEqual({ out: [{ track: 'hill', fastest: ['bob', 'ada', 'eve'] }] });
});
