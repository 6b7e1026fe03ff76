import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './update-state-by-key.js';

it('is called once for each key of a batch, with all of its values', async () => {
  const job = testJob(definition);
  job.add('logins', [
    { user: 'ada', place: 'Bern' },
    { user: 'bob', place: 'Lund' },
    { user: 'ada', place: 'Genf' },
  ]);
  expect(await job.batch()).toEqual({
    out: [
      { user: 'ada', places: ['Bern', 'Genf'] },
      { user: 'bob', places: ['Lund'] },
    ],
  });
  await job.restart();
  job.add('logins', [
    { user: 'ada', place: 'Chur' },
    { user: 'ada', place: 'Olten' },
  ]);
  expect(await job.batch()).toEqual({ out: [{ user: 'ada', places: ['Genf', 'Chur', 'Olten'] }] });
});
