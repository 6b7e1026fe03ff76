import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TidemarkApiError, TidemarkConnectionError, TidemarkTimeoutError } from './errors.js';
import { FakeApi, hangUp, problem } from './testing/fake-api.js';
import { Tidemark } from './tidemark.js';

let api: FakeApi;
let tidemark: Tidemark;
beforeEach(async () => {
  api = await FakeApi.start();
  tidemark = new Tidemark({ apiUrl: `${api.url}/`, apiKey: 'a-key' });
});
afterEach(async () => {
  await api.close();
});

const aJob = (status = 'running', more: object = {}): object => ({
  id: 'job_1',
  status,
  reason: null,
  lastBatch: null,
  ...more,
});

describe('planning an upgrade', () => {
  const plan = (deep?: boolean | 'all') =>
    tidemark.jobs.planUpgrade('job_1', { bundle: { code: 'x' }, ...(deep === undefined ? {} : { deep }) });

  it('is asked for again when the connection breaks', async () => {
    api.willAnswer(hangUp, { status: 201, body: { id: 'upl_1' } });
    expect(await plan()).toEqual({ id: 'upl_1' });
  });

  it.each([true, 'all'] as const)('is asked for once where it goes deep (%s), and given time', async (deep) => {
    const hasty = new Tidemark({ apiUrl: api.url, apiKey: 'a-key', timeoutMs: 1 });
    api.willAnswer({ status: 201, body: { id: 'upl_1' } }, hangUp);
    expect(await hasty.jobs.planUpgrade('job_1', { bundle: { code: 'x' }, deep })).toEqual({ id: 'upl_1' });
    await expect(plan(deep)).rejects.toThrow(TidemarkConnectionError);
    expect(api.seen).toHaveLength(2);
  });
});

describe('submitting a job', () => {
  it('sends the order with the key and an Idempotency-Key of its own', async () => {
    api.willAnswer({ status: 201, body: aJob('submitted') });

    const job = await tidemark.jobs.submit({ bundle: { code: 'x' }, name: 'mine' });

    expect(job.id).toBe('job_1');
    expect(api.seen).toMatchObject([
      {
        method: 'POST',
        url: '/v1/jobs',
        headers: { authorization: 'Bearer a-key', 'content-type': 'application/json' },
        body: { bundle: { code: 'x' }, name: 'mine' },
      },
    ]);
    expect(api.seen[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['the connection breaks', hangUp],
    ['the service is not available', problem(503, 'sandbox_unsafe')],
    ['too many ask at once', problem(429, 'too_many_at_once')],
    ['the first try is still under way', problem(409, 'idempotency_key_in_use')],
  ])('is tried again under the same Idempotency-Key when %s', async (_, failure) => {
    api.willAnswer(failure, { status: 201, body: aJob('submitted') });

    await tidemark.jobs.submit({ bundle: { code: 'x' } });

    const keys = api.seen.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
  });

  it('is not tried again when it was refused', async () => {
    api.willAnswer(problem(409, 'job_name_taken', { jobId: 'job_0' }));

    const refused = await tidemark.jobs.submit({ bundle: { code: 'x' } }).catch((error: unknown) => error);

    expect(api.seen).toHaveLength(1);
    expect(refused).toBeInstanceOf(TidemarkApiError);
    expect(refused).toMatchObject({
      status: 409,
      code: 'job_name_taken',
      message: 'It is job_name_taken.',
      problem: { jobId: 'job_0' },
    });
  });
});

describe('where a job goes on', () => {
  it('is sent with the start that is to begin there, which is then not sent twice', async () => {
    api.willAnswer(hangUp);

    await expect(tidemark.jobs.start('job_1', { from: 'earliest' })).rejects.toBeInstanceOf(TidemarkConnectionError);

    expect(api.seen).toMatchObject([{ method: 'POST', url: '/v1/jobs/job_1/start', body: { from: 'earliest' } }]);
  });

  it('can be asked for, set and forgotten', async () => {
    api.willAnswer({ status: 200, body: {} });

    await tidemark.jobs.offsets('job_1');
    await tidemark.jobs.offsets('job_1', { checkpointId: 'ckp_1' });
    await tidemark.jobs.setOffsets('job_1', { in: { 'a.txt': 4 } }, { dryRun: true, ifVersion: 3 });
    await tidemark.jobs.resetOffsets('job_1', { source: 'in', dryRun: true });
    await tidemark.jobs.nextStart('job_1', { revision: 2, from: 'offsets-only' });

    expect(api.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /v1/jobs/job_1/offsets',
      'GET /v1/jobs/job_1/checkpoints/ckp_1/offsets',
      'PATCH /v1/jobs/job_1/offsets',
      'DELETE /v1/jobs/job_1/offsets?source=in&dryRun=true',
      'GET /v1/jobs/job_1/next-start?revision=2&from=offsets-only',
    ]);
    expect(api.seen[2]).toMatchObject({
      headers: { 'if-match': '"3"' },
      body: { offsets: [{ source: 'in', partition: 'a.txt', offset: 4 }], dryRun: true },
    });
  });
});

describe('a change', () => {
  it('sends the version that it is made for as If-Match', async () => {
    api.willAnswer({ status: 202, body: aJob() });

    await tidemark.jobs.stop('job_1', { ifVersion: 7 });

    expect(api.seen).toMatchObject([{ method: 'POST', url: '/v1/jobs/job_1/stop', headers: { 'if-match': '"7"' } }]);
  });

  it('is not repeated under a version, because the lost one may have raised it', async () => {
    api.willAnswer(hangUp);

    await expect(tidemark.jobs.stop('job_1', { ifVersion: 7 })).rejects.toThrow(TidemarkConnectionError);
    expect(api.seen).toHaveLength(1);
  });

  it('cannot leave its path by way of an id', async () => {
    api.willAnswer({ status: 202, body: aJob() });

    await tidemark.jobs.stop('../tenants?x=');

    expect(api.seen[0]?.url).toBe('/v1/jobs/..%2Ftenants%3Fx%3D/stop');
  });

  it('replaces the limits of what is kept of a job or a tenant', async () => {
    api.willAnswer({ status: 200, body: {} });
    await tidemark.jobs.setRetention('job_1', { checkpoints: 3 });
    await tidemark.jobs.retention('job_1');
    await tidemark.tenants.setRetention('tnt_1', { bytes: 9 });
    await tidemark.tenants.retention('tnt_1');
    await tidemark.tenants.usage('tnt_1');
    await tidemark.usage();

    expect(api.seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['PUT', '/v1/jobs/job_1/retention', { checkpoints: 3 }],
      ['GET', '/v1/jobs/job_1/retention', undefined],
      ['PUT', '/v1/tenants/tnt_1/retention', { bytes: 9 }],
      ['GET', '/v1/tenants/tnt_1/retention', undefined],
      ['GET', '/v1/tenants/tnt_1/usage', undefined],
      ['GET', '/v1/usage', undefined],
    ]);
  });

  it('gives nothing back for a deletion', async () => {
    api.willAnswer({ status: 204 });

    await expect(tidemark.jobs.delete('job_1')).resolves.toBeUndefined();
  });
});

describe('what is no answer of the service', () => {
  it('is an error that names the service when nobody listens', async () => {
    await api.close();

    await expect(new Tidemark({ apiUrl: api.url, apiKey: 'k' }).jobs.stop('j', { ifVersion: 1 })).rejects.toThrow(
      `${api.url} cannot be reached`,
    );
    api = await FakeApi.start();
  });

  it('is an error with the status when a proxy answers in its own words', async () => {
    api.willAnswer((response) => response.writeHead(403, { 'content-type': 'text/html' }).end('<h1>No</h1>'));

    await expect(tidemark.jobs.get('job_1')).rejects.toMatchObject({ status: 403, code: 'unknown' });
  });

  it('is refused when it is a redirect, which would carry the key away', async () => {
    api.willAnswer({ status: 302, headers: { location: `${api.url}/elsewhere` } });

    await expect(tidemark.jobs.stop('j', { ifVersion: 1 })).rejects.toThrow(TidemarkConnectionError);
    expect(api.seen).toHaveLength(1);
  });

  it('is given up after the time that the caller allows', async () => {
    api.willAnswer(() => undefined);
    const impatient = new Tidemark({ apiUrl: api.url, apiKey: 'k', timeoutMs: 20 });

    await expect(impatient.jobs.stop('j', { ifVersion: 1 })).rejects.toThrow(TidemarkConnectionError);
  });

  it('is given up when the caller no longer wants it', async () => {
    api.willAnswer(() => undefined);
    const wanted = new AbortController();
    const asked = tidemark.jobs.get('job_1', { signal: wanted.signal });

    wanted.abort(new Error('never mind'));

    await expect(asked).rejects.toThrow('never mind');
  });
});

describe('a list', () => {
  it('is one page when it is awaited', async () => {
    api.willAnswer({ status: 200, body: { items: [aJob()], next: 'job_1' } });

    const page = await tidemark.jobs.list({ limit: 1, status: 'running' });

    expect(page).toMatchObject({ items: [{ id: 'job_1' }], next: 'job_1' });
    expect(api.seen.map(({ url }) => url)).toEqual(['/v1/jobs?status=running&limit=1']);
  });

  it('is every item, page by page, when it is iterated', async () => {
    api.willAnswer(
      { status: 200, body: { items: [{ batchId: 3 }, { batchId: 2 }], next: '2' } },
      { status: 200, body: { items: [{ batchId: 1 }], next: null } },
    );

    const ids: number[] = [];
    for await (const { batchId } of tidemark.jobs.batches('job_1', { timeline: 4 })) ids.push(batchId);

    expect(ids).toEqual([3, 2, 1]);
    expect(api.seen.map(({ url }) => url)).toEqual([
      '/v1/jobs/job_1/batches?timeline=4',
      '/v1/jobs/job_1/batches?timeline=4&after=2',
    ]);
  });
});

describe('waiting for a job', () => {
  it('ends as soon as the job is what was waited for', async () => {
    api.willAnswer({ status: 200, body: aJob('submitted') }, { status: 200, body: aJob('running') });

    const job = await tidemark.jobs.waitFor('job_1', ({ status }) => status === 'running', { timeoutMs: 5_000 });

    expect(job.status).toBe('running');
  });

  it('ends with the job as it was seen last and its reason when time is up', async () => {
    api.willAnswer({ status: 200, body: aJob('backing_off', { reason: { code: 'x', message: 'No route.' } }) });

    const failed = await tidemark.jobs
      .waitFor('job_1', () => false, { timeoutMs: 30 })
      .catch((error: unknown) => error);

    expect(failed).toBeInstanceOf(TidemarkTimeoutError);
    expect((failed as Error).message).toBe('Job job_1 is backing_off after 30 ms of waiting: No route.');
  });
});
