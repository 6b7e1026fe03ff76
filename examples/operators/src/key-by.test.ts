import { testJob } from '@tidemark/streams/testing';
import { expect, it } from 'vitest';
import definition from './key-by.js';

it('pairs records with a key, by the name of a field or by a function', async () => {
  const job = testJob(definition);
  job.add('visits', [
    { user: 'ada', url: 'https://a.example/1' },
    { user: 'bob', url: 'https://b.example/' },
    { user: 'ada', url: 'https://b.example/2' },
  ]);
  expect(await job.batch()).toEqual({
    users: [
      ['ada', 2],
      ['bob', 1],
    ],
    sites: [
      ['a.example', 1],
      ['b.example', 2],
    ],
  });
  await job.restart();
  job.add('visits', [{ user: 'bob', url: 'https://a.example/' }]);
  expect(await job.batch()).toEqual({ users: [['bob', 1]], sites: [['a.example', 1]] });
});

it('refuses what can be no key', async () => {
  const job = testJob(definition);
  job.add('visits', [{ url: 'https://a.example/' }]);
  await expect(job.batch()).rejects.toThrow('a key must be a string, a finite number or a boolean');
});
