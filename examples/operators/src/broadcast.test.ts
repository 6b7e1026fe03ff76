import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './broadcast.js';

it('shows each login all rules up to and with its batch', async () => {
  const job = testJob(definition);
  job.add('logins', [{ user: 'ada', country: 'XX' }]);
  job.add('rules', [{ country: 'XX', isBlocked: true }]);
  expect(await job.batch()).toEqual({ out: [{ user: 'ada', country: 'XX' }] });
  await job.restart();
  job.add('logins', [{ user: 'bob', country: 'XX' }]);
  expect(await job.batch()).toEqual({ out: [{ user: 'bob', country: 'XX' }] });
  job.add('logins', [{ user: 'bob', country: 'XX' }]);
  job.add('rules', [{ country: 'XX', isBlocked: false }]);
  expect(await job.batch()).toEqual({ out: [] });
});
