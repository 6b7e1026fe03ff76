import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './window-join.js';

const reading = (value: number, readMs: number) => ({ room: 'hall', value, readMs });

it('pairs the readings of a window when it is over', async () => {
  const job = testJob(definition);
  job.add('temperature', [reading(20, 100_000), reading(21, 109_999)]);
  job.add('humidity', [reading(40, 104_000), reading(41, 110_000)]);
  expect(await job.batch()).toEqual({ out: [] });
  await job.restart();
  job.add('temperature', [reading(22, 115_000)]);
  job.add('humidity', [reading(42, 112_000)]);
  expect(await job.batch()).toEqual({
    out: [
      { room: 'hall', celsius: 20, humidity: 40, untilMs: 110_000 },
      { room: 'hall', celsius: 21, humidity: 40, untilMs: 110_000 },
    ],
  });
});
