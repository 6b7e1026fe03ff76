import { isId, TidemarkError, type Tenant, type TenantStore } from '@tidemark/domain';

/** The tenant with this id. Throws `thing_not_found`. */
export async function existingTenant(tenants: TenantStore, id: string): Promise<Tenant> {
  const tenant = isId('tenant', id) ? await tenants.findTenant(id) : undefined;
  if (tenant === undefined) throw new TidemarkError('thing_not_found', { thing: 'tenant', id });
  return tenant;
}
