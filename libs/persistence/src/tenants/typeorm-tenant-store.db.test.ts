import type { ApiKeyId, KeyOwner, Page, Tenant, TenantId, TenantStore } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import { stores } from '../testing.js';

const aTenantNumbered = (at: number): Tenant => ({
  id: `tnt_${at}` as TenantId,
  name: `name-${at}`,
  createdAt: new Date(0),
});
const aKeyId = (at: number): ApiKeyId => `key_${at}` as ApiKeyId;
const ADMINS = { role: 'admin' } as const;
const ofTenant = (at: number): KeyOwner => ({ role: 'tenant', tenantId: aTenantNumbered(at).id });

/** The first key is an admin's, the next two are of the first tenant, the fourth is of the second. */
async function keysOfTwoTenants(tenants: TenantStore): Promise<void> {
  for (const at of [1, 2]) await tenants.ensureTenant(aTenantNumbered(at));
  for (const [index, owner] of [ADMINS, ofTenant(1), ofTenant(1), ofTenant(2)].entries()) {
    const at = index + 1;
    const tenantId = owner.role === 'tenant' ? owner.tenantId : undefined;
    await tenants.addKey({ id: aKeyId(at), tenantId, role: owner.role, sha256: String(at), label: `label ${at}` });
  }
}

const acme = { id: 'tnt_1' as TenantId, name: 'acme', createdAt: new Date(0) };

describe('the store of tenants', () => {
  postgresTest('finds a tenant by its id and by its name, and by nothing else', async ({ dataSource }) => {
    const { tenants } = stores(dataSource);
    await tenants.ensureTenant(acme);

    expect(await tenants.findTenant(acme.id)).toMatchObject({ id: acme.id, name: 'acme' });
    expect(await tenants.findTenantNamed('acme')).toMatchObject({ id: acme.id, name: 'acme' });
    for (const name of ['', 'Acme', 'acm', acme.id]) expect(await tenants.findTenantNamed(name)).toBeUndefined();
  });

  postgresTest('knows what a key is for, and that an admin belongs to no tenant', async ({ dataSource }) => {
    const { tenants } = stores(dataSource);
    await tenants.ensureTenant(acme);
    const [admin, own] = ['key_1', 'key_2'] as [ApiKeyId, ApiKeyId];
    await tenants.addKey({ id: admin, tenantId: undefined, role: 'admin', sha256: 'a', label: 'operations' });
    await tenants.addKey({ id: own, tenantId: acme.id, role: 'tenant', sha256: 'b', label: 'ci' });

    expect(await tenants.findCaller('a')).toEqual({ role: 'admin', keyId: admin, label: 'operations' });
    expect(await tenants.findCaller('b')).toEqual({ role: 'tenant', keyId: own, label: 'ci', tenantId: acme.id });
  });

  postgresTest('lists tenants newest first, page by page', async ({ dataSource }) => {
    const { tenants } = stores(dataSource);
    for (const at of [1, 2, 3]) await tenants.ensureTenant(aTenantNumbered(at));
    const idsOf = async (page: Page<TenantId>) => (await tenants.listTenants(page)).map(({ id }) => id);

    expect(await idsOf({ limit: 2 })).toEqual(['tnt_3', 'tnt_2']);
    expect(await idsOf({ limit: 2, after: 'tnt_2' as TenantId })).toEqual(['tnt_1']);
  });

  postgresTest('lists the keys of a tenant or of the admins, newest first and page by page', async ({ dataSource }) => {
    const { tenants } = stores(dataSource);
    await keysOfTwoTenants(tenants);
    const idsOf = async (owner: KeyOwner, page: Page<ApiKeyId>) =>
      (await tenants.listKeys(owner, page)).map(({ id }) => id);

    expect(await idsOf(ofTenant(1), { limit: 10 })).toEqual(['key_3', 'key_2']);
    expect(await idsOf(ofTenant(1), { limit: 1 })).toEqual(['key_3']);
    expect(await idsOf(ofTenant(1), { limit: 10, after: aKeyId(3) })).toEqual(['key_2']);
    expect(await tenants.listKeys(ADMINS, { limit: 10 })).toEqual([
      { id: 'key_1', role: 'admin', label: 'label 1', createdAt: expect.any(Date) as Date, revokedAt: undefined },
    ]);
  });

  postgresTest('revokes a key of its owner once and for good, also where it is added again', async ({ dataSource }) => {
    const { tenants } = stores(dataSource);
    await keysOfTwoTenants(tenants);
    const revoked = await tenants.revokeKey(ofTenant(1), aKeyId(2));

    expect(revoked).toMatchObject({ id: 'key_2', revokedAt: expect.any(Date) as Date });
    expect(await tenants.revokeKey(ofTenant(1), aKeyId(2))).toEqual(revoked);
    await tenants.addKey({ id: aKeyId(9), tenantId: acme.id, role: 'tenant', sha256: '2', label: 'again' });
    expect(await tenants.findCaller('2')).toBeUndefined();
    expect(await tenants.listKeys(ofTenant(1), { limit: 10 })).toMatchObject([{ revokedAt: undefined }, revoked]);
  });

  postgresTest('revokes nothing of another owner', async ({ dataSource }) => {
    const { tenants } = stores(dataSource);
    await keysOfTwoTenants(tenants);

    for (const [owner, key] of [
      [ofTenant(2), 2],
      [ofTenant(2), 1],
      [ADMINS, 2],
      [ADMINS, 7],
    ] as const) {
      expect(await tenants.revokeKey(owner, aKeyId(key))).toBeUndefined();
    }
    for (const key of [1, 2, 3, 4]) expect(await tenants.findCaller(String(key))).toBeDefined();
  });

  postgresTest('tells which of some keys are revoked', async ({ dataSource }) => {
    const { tenants } = stores(dataSource);
    await keysOfTwoTenants(tenants);
    await tenants.revokeKey(ofTenant(1), aKeyId(2));
    await tenants.revokeKey(ofTenant(2), aKeyId(4));

    expect(await tenants.revokedAmong([1, 2, 3, 7].map(aKeyId))).toEqual(new Set(['key_2']));
    expect(await tenants.revokedAmong([])).toEqual(new Set());
  });
});
