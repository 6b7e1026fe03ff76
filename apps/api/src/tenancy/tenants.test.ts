import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { sha256OfKey } from './callers.js';
import { newKey } from './new-key.js';

let api: ApiUnderTest;
beforeEach(async () => {
  api = await ApiUnderTest.start();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await api.close();
});

describe('an admin', () => {
  it('creates a tenant once and a key that works at once', async () => {
    const first = await api.send('POST', '/v1/tenants', { key: api.adminKey, body: { name: 'acme' } });
    const again = await api.send('POST', '/v1/tenants', { key: api.adminKey, body: { name: 'acme' } });
    expect(again.body).toEqual(first.body);

    const { id } = first.body as { id: string };
    const created = await api.send('POST', `/v1/tenants/${id}/api-keys`, { key: api.adminKey, body: { label: 'ci' } });
    expect(created.status).toBe(201);

    const { key } = created.body as { key: string };
    expect((await api.send('GET', '/v1/jobs', { key })).body).toEqual({ items: [], next: null });
  });

  it('gets no key for a tenant that does not exist', async () => {
    const path = `/v1/tenants/${api.ids.next('tenant')}/api-keys`;

    expect((await api.send('POST', path, { key: api.adminKey, body: { label: 'x' } })).status).toBe(404);
  });

  it('cannot give a tenant a name that would leave its folder', async () => {
    for (const name of ['..', '../x', 'a/b', 'A', '-a', 'x'.repeat(41)]) {
      expect((await api.send('POST', '/v1/tenants', { key: api.adminKey, body: { name } })).status, name).toBe(400);
    }
  });
});

describe('a key', () => {
  it('is looked up once in five seconds, and no longer works after that when it was revoked', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(1_000);
    const lookups = vi.spyOn(api.tenantStore, 'findCaller');
    await api.send('GET', '/v1/jobs');
    await api.send('GET', '/v1/jobs');
    expect(lookups).toHaveBeenCalledTimes(1);

    api.tenantStore.callers.delete(sha256OfKey(api.tenantKey));
    now.mockReturnValue(6_001);

    expect((await api.send('GET', '/v1/jobs')).status).toBe(401);
  });

  it('is never remembered as unknown, so that a new one works at once', async () => {
    const key = newKey();
    expect((await api.send('GET', '/v1/runners', { key })).status).toBe(401);

    const tenantId = api.tenantId;
    await api.tenantStore.addKey({
      id: api.ids.next('apiKey'),
      tenantId,
      role: 'tenant',
      sha256: sha256OfKey(key),
      label: '',
    });

    expect((await api.send('GET', '/v1/runners', { key })).status).toBe(200);
  });

  it('is random, and ends with its checksum', () => {
    const keys = Array.from({ length: 100 }, newKey);

    expect(new Set(keys).size).toBe(100);
    for (const key of keys) expect(key).toMatch(/^tdm_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}$/);
  });

  it.each(['Basic abc', 'Bearer', 'Bearer a b', `Bearer ${'x'.repeat(300)}`])(
    'is not found in "%s"',
    async (authorization) => {
      expect((await api.send('GET', '/v1/jobs', { key: undefined, headers: { authorization } })).status).toBe(401);
    },
  );
});
