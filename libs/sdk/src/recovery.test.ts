import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TidemarkTimeoutError } from './errors.js';
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

describe('waiting for a savepoint', () => {
  it('ends when it is complete', async () => {
    const complete = { id: 'sav_1', status: 'complete', checkpointId: 'ckp_1' };
    api.willAnswer({ status: 200, body: { id: 'sav_1', status: 'requested' } }, { status: 200, body: complete });

    expect(await tidemark.recovery.waitForSavepoint('job_1', 'sav_1', { timeoutMs: 5_000 })).toEqual(complete);
    expect(api.seen.map(({ url }) => url)).toEqual(Array.from({ length: 2 }, () => '/v1/jobs/job_1/savepoints/sav_1'));
  });

  it('ends with the job and its reason when time is up', async () => {
    const job = { id: 'job_1', status: 'backing_off', reason: { code: 'x', message: 'No route.' } };
    api.willAnswer({ status: 200, body: { id: 'sav_1', status: 'requested' } }, { status: 200, body: job });

    const failed = await tidemark.recovery
      .waitForSavepoint('job_1', 'sav_1', { timeoutMs: 0 })
      .catch((error: unknown) => error);

    expect(failed).toBeInstanceOf(TidemarkTimeoutError);
    expect((failed as Error).message).toBe('Job job_1 is backing_off after 0 ms of waiting: No route.');
  });
});

describe('an order to go back', () => {
  it('is repeated under one key, and only for the version that was seen', async () => {
    api.willAnswer({ status: 503 }, { status: 202, body: { id: 'rbk_1' } });
    await tidemark.recovery.undoRollback('job_1', 'rbk_0', { reason: 'it was right', ifVersion: 7 });

    const [first, again] = api.seen;
    expect(first).toMatchObject({
      ...{ method: 'POST', url: '/v1/jobs/job_1/rollbacks/rbk_0/undo', body: { reason: 'it was right' } },
      headers: { 'if-match': '"7"', 'idempotency-key': expect.any(String) as string },
    });
    expect(again?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
  });
});
