import { Injectable } from '@nestjs/common';
import { isId, TenantStore, TidemarkError, type Caller, type Tenant } from '@tidemark/domain';

/** Finds out for whom a caller acts that names a tenant. */
@Injectable()
export class NamedTenant {
  constructor(private readonly tenants: TenantStore) {}

  /**
   * The caller, acting for the tenant of this id or name. Throws `thing_not_found`; to a tenant's key, for every tenant
   * but its own, `tenant_not_yours`, whether there is such a tenant or not.
   */
  async actingFor(caller: Caller, named: string): Promise<Caller> {
    if (caller.role === 'tenant') {
      const own = await this.tenants.findTenant(caller.tenantId);
      if (named === own?.id || named === own?.name) return caller;
      throw new TidemarkError('tenant_not_yours', { tenant: named });
    }
    const tenant = await this.find(named);
    if (tenant === undefined) throw new TidemarkError('thing_not_found', { thing: 'tenant', id: named });
    return { ...caller, actsFor: tenant.id };
  }

  private find(named: string): Promise<Tenant | undefined> {
    return isId('tenant', named) ? this.tenants.findTenant(named) : this.tenants.findTenantNamed(named);
  }
}
