import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest } from '../testing/api-under-test.js';

const DAY_MS = 86_400_000;
const PRESSURE = { bytes: 150, quotaBytes: 100, stretch: 2, since: new Date(0) };

let api: ApiUnderTest;
let path: string;
beforeEach(async () => {
  api = await ApiUnderTest.start();
  const { body } = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() } });
  path = `/v1/jobs/${(body as { id: string }).id}`;
});
afterEach(async () => {
  await api.close();
});

const none = { checkpoints: null, ageMs: null, bytes: null };

describe("a job's retention", () => {
  it('has no limits of its own until it is given some, all at once', async () => {
    expect(await api.send('GET', `${path}/retention`)).toMatchObject({
      status: 200,
      body: { own: none, tenant: none },
    });

    const body = { checkpoints: 20, ageMs: 7 * DAY_MS };
    expect(await api.send('PUT', `${path}/retention`, { body })).toMatchObject({
      status: 200,
      body: { own: { ...body, bytes: null } },
    });
    await api.send('PUT', `${path}/retention`, { body: { bytes: 0 } });
    expect((await api.send('GET', `${path}/retention`)).body).toMatchObject({ own: { ...none, bytes: 0 } });
  });

  it.each([{ checkpoints: 0 }, { checkpoints: 1.5 }, { ageMs: 10 }, { bytes: -1 }, { bytes: null }, { days: 3 }])(
    'refuses %j, and says which field is wrong',
    async (body) => {
      const [field] = Object.keys(body);
      expect(await api.send('PUT', `${path}/retention`, { body })).toMatchObject({
        status: 400,
        body: {
          code: 'validation_failed',
          problems: expect.arrayContaining([expect.objectContaining({ field })]) as unknown,
        },
      });
    },
  );

  it('changes neither the revision nor the version of the job', async () => {
    await api.send('PUT', `${path}/retention`, { body: { checkpoints: 2 } });

    expect(api.tenant.jobs).toMatchObject([{ revision: 1, version: 1 }]);
  });
});

describe("a tenant's retention", () => {
  it('is set and read by an admin, and shown to the tenant', async () => {
    const ofTenant = `/v1/tenants/${api.tenantId}/retention`;
    const body = { checkpoints: 3, bytes: 1_000 };

    expect(await api.send('PUT', ofTenant, { key: api.adminKey, body })).toMatchObject({
      status: 200,
      body: { ...none, ...body },
    });
    expect(await api.send('GET', ofTenant, { key: api.adminKey })).toMatchObject({ body: { ...none, ...body } });
    expect((await api.send('GET', `${path}/retention`)).body).toMatchObject({ tenant: body });
    expect((await api.send('GET', '/v1/usage')).body).toMatchObject({ quotaBytes: 1_000 });
  });

  it('is of a tenant that exists', async () => {
    for (const id of [api.ids.next('tenant'), 'nobody']) {
      const answer = await api.send('PUT', `/v1/tenants/${id}/retention`, { key: api.adminKey, body: {} });
      expect(answer).toMatchObject({ status: 404, body: { code: 'thing_not_found' } });
    }
  });
});

describe('usage', () => {
  it('shows what is stored, and what comes of too much of it', async () => {
    const stored = { bytes: 150, checkpoints: 4, savepoints: 1, verified: 3, pinned: 2 };
    const [job] = api.tenant.jobs;
    if (job === undefined) throw new Error('no job');
    api.retention.stored = { ...stored, jobs: [{ jobId: job.id, name: 'a-job', ...stored }] };
    api.retention.pressure = PRESSURE;
    const shown = {
      ...stored,
      pressure: { ...PRESSURE, since: '1970-01-01T00:00:00.000Z' },
      jobs: [{ jobId: job.id, ...stored }],
    };

    expect(await api.send('GET', '/v1/usage')).toMatchObject({ status: 200, body: shown });
    const ofTenant = await api.send('GET', `/v1/tenants/${api.tenantId}/usage`, { key: api.adminKey });
    expect(ofTenant).toMatchObject({ status: 200, body: shown });
  });
});

describe('a job of a tenant that is over its limit', () => {
  it('carries a warning with the numbers, in every answer', async () => {
    api.retention.pressure = PRESSURE;
    const warned = {
      warnings: [{ code: 'quota_pressure', message: expect.stringContaining('150 bytes of the 100') as string }],
    };

    expect((await api.send('GET', path)).body).toMatchObject(warned);
    expect((await api.send('GET', '/v1/jobs')).body).toMatchObject({ items: [warned] });
    expect((await api.send('POST', `${path}/stop`)).body).toMatchObject(warned);
    expect((await api.send('POST', `${path}/revisions`, { body: { bundle: aBundle() } })).body).toMatchObject(warned);
  });

  it('carries none once it is over', async () => {
    expect((await api.send('GET', path)).body).toMatchObject({ warnings: [] });
  });
});

describe('deleting a job that another one needs', () => {
  it('is refused with who needs it, and what to do', async () => {
    const store = api.stores.forTenant(api.tenantId);
    store.remove = () =>
      Promise.resolve({
        outcome: 'pinned',
        checkpointId: 'ckp_1' as never,
        owner: 'fork/job_2',
        reason: 'it is copied',
      });
    api.stores.forTenant = () => store;

    expect(await api.send('DELETE', path)).toMatchObject({
      status: 409,
      body: { code: 'job_needed', detail: expect.stringContaining('needed by fork/job_2 (it is copied)') as string },
    });
  });
});
