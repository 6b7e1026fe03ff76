import type { ApiKeyId, TenantId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import { stores } from '../testing.js';

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
});
