import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApi, problem } from './testing/fake-api.js';
import { Tidemark } from './tidemark.js';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
  api.willAnswer({ status: 200, body: { items: [], next: null } });
});
afterEach(async () => {
  await api.close();
});

const namedIn = (): readonly unknown[] => api.seen.map(({ headers }) => headers['tidemark-tenant']);

describe('a client of an admin that acts for a tenant', () => {
  const acting = (): Tidemark => new Tidemark({ apiUrl: api.url, apiKey: 'admin-key', tenant: 'acme' });

  it('names the tenant in every request for it', async () => {
    const { jobs, bundles, auditEvents } = acting();
    await jobs.list();
    await jobs.stop('job_1');
    await bundles.list();
    await auditEvents.list();

    expect(namedIn()).toEqual(['acme', 'acme', 'acme', 'acme']);
  });

  it('names none where it looks after tenants themselves, which the service would refuse', async () => {
    const { tenants, adminKeys } = acting();
    await tenants.ensure('new');
    await tenants.createApiKey('tnt_1', 'ci');
    await tenants.usage('tnt_1');
    await tenants.list();
    await tenants.apiKeys('tnt_1');
    await tenants.revokeApiKey('tnt_1', 'key_1');
    await adminKeys.list();
    await adminKeys.revoke('key_2');

    expect(namedIn()).toEqual(Array.from({ length: 8 }, () => undefined));
    expect(api.seen.slice(3).map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /v1/tenants',
      'GET /v1/tenants/tnt_1/api-keys',
      'DELETE /v1/tenants/tnt_1/api-keys/key_1',
      'GET /v1/admin-keys',
      'DELETE /v1/admin-keys/key_2',
    ]);
  });
});

describe('a client without a tenant', () => {
  it('names none', async () => {
    await new Tidemark({ apiUrl: api.url, apiKey: 'a-key' }).jobs.list();

    expect(namedIn()).toEqual([undefined]);
  });
});

describe('the audit trail', () => {
  it('is waited for by every request: what could not be written there was not done', async () => {
    api.willAnswer(problem(503, 'trail_unavailable'), { status: 202, body: { id: 'job_1' } });

    await new Tidemark({ apiUrl: api.url, apiKey: 'a-key' }).jobs.start('job_1', { from: 'earliest' });

    expect(api.seen).toHaveLength(2);
  });

  it('is read page by page, with what is asked for in every request', async () => {
    api.willAnswer(
      { status: 200, body: { items: [{ id: 'aud_2' }], next: 'aud_2' } },
      { status: 200, body: { items: [{ id: 'aud_1' }], next: null } },
    );
    const { auditEvents } = new Tidemark({ apiUrl: api.url, apiKey: 'a-key' });
    const ids: string[] = [];
    for await (const { id } of auditEvents.list({ job: 'job_1', actor: 'ci', operation: 'stopJob', limit: 1 }))
      ids.push(id);

    expect(ids).toEqual(['aud_2', 'aud_1']);
    expect(api.seen.map(({ url }) => url)).toEqual([
      '/v1/audit-events?job=job_1&actor=ci&operation=stopJob&limit=1',
      '/v1/audit-events?job=job_1&actor=ci&operation=stopJob&after=aud_2&limit=1',
    ]);
  });
});
