import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './session-windows.js';

const click = (user: string, minute: number, page: string) => ({ user, at: minute * 60_000, page });

it('joins clicks to visits, also when one that comes late closes the pause between two', async () => {
  const job = testJob(definition);
  job.add('clicks', [click('ada', 0, 'home'), click('ada', 40, 'shop'), click('bob', 40, 'home')]);
  await job.batch();
  await job.restart();
  // Exactly half an hour after the last click is a visit of its own.
  job.add('clicks', [click('bob', 70, 'cart'), click('ada', 41, 'cart')]);
  expect(await job.batch()).toEqual({ out: [] });
  job.add('clicks', [click('eve', 200, 'home')]);
  expect(await job.batch()).toEqual({
    out: [
      { user: 'bob', since: 40 * 60_000, pages: 1, last: 'home' },
      { user: 'ada', since: 40 * 60_000, pages: 2, last: 'cart' },
      { user: 'bob', since: 70 * 60_000, pages: 1, last: 'cart' },
    ],
  });
});
