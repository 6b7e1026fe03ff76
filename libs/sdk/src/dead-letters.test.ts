import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeApi } from './testing/fake-api.js';
import { Tidemark } from './tidemark.js';

let api: FakeApi;
let tidemark: Tidemark;
beforeEach(async () => {
  api = await FakeApi.start();
  tidemark = new Tidemark({ apiUrl: api.url, apiKey: 'key' });
});
afterEach(async () => {
  await api.close();
});

it('lists dead letters as they are filtered', async () => {
  api.willAnswer({ status: 200, body: { items: [{ id: 'dlt_1' }], next: null } });
  const { items } = await tidemark.deadLetters.list('job_1', { code: 'record_unreadable', limit: 3 });
  expect(items).toEqual([{ id: 'dlt_1' }]);
  expect(api.seen.map(({ url }) => url)).toEqual(['/v1/jobs/job_1/dead-letters?code=record_unreadable&limit=3']);
});

it('has dead letters re-driven under one key, however often it has to ask', async () => {
  api.willAnswer({ status: 503 }, { status: 202, body: { letters: 1 } });
  await tidemark.deadLetters.redrive('job_1', { letters: ['dlt_1'] });
  const [first, again] = api.seen;
  expect(first).toMatchObject({
    ...{ method: 'POST', url: '/v1/jobs/job_1/dead-letters/redrive', body: { letters: ['dlt_1'] } },
    headers: { 'idempotency-key': expect.any(String) as string },
  });
  expect(again?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
});
