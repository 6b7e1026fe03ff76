import type { ApiKeyId } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiUnderTest, type Received, type Sent } from '../testing/api-under-test.js';
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

const asAdmin = (method: string, path: string, sent: Sent = {}): Promise<Received> =>
  api.send(method, path, { key: api.adminKey, ...sent });
const itemsOf = ({ body }: Received): readonly { readonly [field: string]: unknown }[] =>
  (body as { items: { [field: string]: unknown }[] }).items;
const ofOne = (): string => `/v1/tenants/${api.tenantId}/api-keys`;
const aKey = async (label: string): Promise<{ readonly id: ApiKeyId; readonly key: string }> =>
  (await asAdmin('POST', ofOne(), { body: { label } })).body as { id: ApiKeyId; key: string };
const statusWith = async (key: string): Promise<number> => (await api.send('GET', '/v1/jobs', { key })).status;

describe('an admin', () => {
  it('finds the id of a tenant in the list, newest first and page by page', async () => {
    const { body } = await asAdmin('POST', '/v1/tenants', { body: { name: 'acme' } });
    const first = await asAdmin('GET', '/v1/tenants?limit=1');
    const { next } = first.body as { next: string };
    const second = await asAdmin('GET', `/v1/tenants?after=${next}`);

    expect(first.body).toMatchObject({ items: [body] });
    expect([itemsOf(second).map(({ name }) => name), second.body]).toMatchObject([['other', 'one'], { next: null }]);
    expect((await asAdmin('GET', '/v1/tenants?after=nonsense')).status).toBe(400);
  });

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

describe('the keys of a tenant', () => {
  it('are listed newest first, page by page, and never with their text', async () => {
    const keys = [await aKey('a'), await aKey('b'), await aKey('c')];
    const first = await asAdmin('GET', `${ofOne()}?limit=2`);
    const { next } = first.body as { next: string };
    const second = await asAdmin('GET', `${ofOne()}?after=${next}`);

    expect([...itemsOf(first), ...itemsOf(second)].map(({ label }) => label)).toEqual(['c', 'b', 'a', 'key of one']);
    expect(itemsOf(first)[0]).toEqual({
      ...{ id: keys[2]?.id, role: 'tenant', label: 'c' },
      ...{ createdAt: expect.any(String) as string, revokedAt: null },
    });
    expect(second.body).toMatchObject({ next: null });
    for (const { key } of keys) {
      for (const hidden of [key, sha256OfKey(key)]) expect(JSON.stringify([first, second])).not.toContain(hidden);
    }
  });

  it('no longer work once they are revoked, and no other is touched', async () => {
    const [gone, stays] = [await aKey('gone'), await aKey('stays')];
    expect(await statusWith(gone.key)).toBe(200);
    const { status, body } = await asAdmin('DELETE', `${ofOne()}/${gone.id}`);

    expect([status, body]).toMatchObject([
      200,
      { id: gone.id, label: 'gone', revokedAt: expect.any(String) as string },
    ]);
    expect([await statusWith(gone.key), await statusWith(stays.key)]).toEqual([401, 200]);
    expect(itemsOf(await asAdmin('GET', ofOne())).map(({ revokedAt }) => revokedAt !== null)).toEqual([
      ...[false, true, false],
    ]);
  });

  it('are revoked once: asked for again, the answer is the same', async () => {
    const { id } = await aKey('gone');
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000 });
    const first = await asAdmin('DELETE', `${ofOne()}/${id}`);
    vi.setSystemTime(2_000);

    expect((await asAdmin('DELETE', `${ofOne()}/${id}`)).body).toEqual(first.body);
    vi.useRealTimers();
  });

  it("are not found under another tenant, and neither is an admin's or what is no id", async () => {
    const { id, key } = await aKey('mine');
    const ofOther = `/v1/tenants/${api.otherTenantId}/api-keys`;
    const paths = [`${ofOther}/${id}`, `${ofOne()}/${api.ids.next('apiKey')}`, `${ofOne()}/nonsense`];
    for (const path of [...paths, `/v1/admin-keys/${id}`]) {
      expect(await asAdmin('DELETE', path)).toMatchObject({ status: 404, body: { code: 'thing_not_found' } });
    }
    for (const [method, path] of [
      ['GET', `/v1/tenants/${api.ids.next('tenant')}/api-keys`],
      ['DELETE', `/v1/tenants/nonsense/api-keys/${id}`],
    ] as const) {
      expect(await asAdmin(method, path)).toMatchObject({ status: 404, body: { thing: 'tenant' } });
    }

    expect(await statusWith(key)).toBe(200);
  });

  it('stand in the trail of the tenant when they are revoked, and when they are looked at', async () => {
    const { id } = await aKey('gone');
    await asAdmin('GET', ofOne());
    await asAdmin('DELETE', `${ofOne()}/${id}`);

    expect(itemsOf(await api.send('GET', '/v1/audit-events'))).toMatchObject([
      { operation: 'revokeApiKey', path: `${ofOne()}/${id}`, actorLabel: 'operations', status: 200 },
      { operation: 'listApiKeys', actorLabel: 'operations' },
      { operation: 'createApiKey', resultId: id },
    ]);
  });
});

describe('the keys of admins', () => {
  const addAdmin = async (key: string): Promise<string> => {
    const id = api.ids.next('apiKey');
    const added = { id, tenantId: undefined, role: 'admin', label: 'bootstrap' } as const;
    await api.tenantStore.addKey({ ...added, sha256: sha256OfKey(key) });
    return id;
  };

  it("are listed, and no tenant's among them", async () => {
    const second = await addAdmin('a-second-admin-key');

    expect(itemsOf(await asAdmin('GET', '/v1/admin-keys'))).toMatchObject([
      { id: second, role: 'admin', label: 'bootstrap', revokedAt: null },
      { id: api.adminKeyId, role: 'admin', label: 'operations' },
    ]);
  });

  it('are replaced: the new one revokes the old one, which no longer works', async () => {
    const key = 'a-second-admin-key';
    const second = await addAdmin(key);

    expect((await asAdmin('DELETE', `/v1/admin-keys/${api.adminKeyId}`, { key })).status).toBe(200);
    expect((await asAdmin('GET', '/v1/admin-keys')).status).toBe(401);
    expect(api.trail.events.at(-1)).toMatchObject({ operation: 'revokeAdminKey', actor: { keyId: second } });
  });

  it('cannot be revoked with themselves, so that nobody locks himself out', async () => {
    expect(await asAdmin('DELETE', `/v1/admin-keys/${api.adminKeyId}`)).toMatchObject({
      status: 409,
      body: { code: 'key_of_this_request', keyId: api.adminKeyId },
    });
    expect((await asAdmin('GET', '/v1/admin-keys')).status).toBe(200);
  });
});

describe('a key', () => {
  it('is refused at its next request also where another api has revoked it', async () => {
    const { id, key } = await aKey('gone');
    expect(await statusWith(key)).toBe(200);
    await api.tenantStore.revokeKey({ role: 'tenant', tenantId: api.tenantId }, id);

    expect(await statusWith(key)).toBe(401);
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
