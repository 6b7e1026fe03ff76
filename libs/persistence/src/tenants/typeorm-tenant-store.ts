import { TenantStore, type ApiKeyId, type Caller, type KeyRole, type Tenant, type TenantId } from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource, IsNull } from 'typeorm';
import { ApiKeyRow, TenantRow } from '../rows/index.js';

@Injectable()
export class TypeOrmTenantStore extends TenantStore {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async findCaller(keySha256: string): Promise<Caller | undefined> {
    const row = await this.dataSource.manager.findOneBy(ApiKeyRow, { sha256: keySha256, revokedAt: IsNull() });
    if (row === null) return undefined;
    const key = { keyId: row.id as ApiKeyId, label: row.label };
    if (row.role === 'admin' && row.tenantId === null) return { role: 'admin', ...key };
    if (row.role === 'tenant' && row.tenantId !== null)
      return { role: 'tenant', ...key, tenantId: row.tenantId as TenantId };
    return undefined;
  }

  override async findTenant(id: TenantId): Promise<Tenant | undefined> {
    const row = await this.dataSource.manager.findOneBy(TenantRow, { id });
    return row === null ? undefined : toTenant(row);
  }

  override async findTenantNamed(name: string): Promise<Tenant | undefined> {
    const row = await this.dataSource.manager.findOneBy(TenantRow, { name });
    return row === null ? undefined : toTenant(row);
  }

  override async ensureTenant(tenant: Tenant): Promise<Tenant> {
    const { manager } = this.dataSource;
    await manager
      .createQueryBuilder()
      .insert()
      .into(TenantRow)
      .values({ id: tenant.id, name: tenant.name })
      .orIgnore()
      .execute();
    const row = await manager.findOneByOrFail(TenantRow, { name: tenant.name });
    return toTenant(row);
  }

  override async addKey(key: {
    readonly id: ApiKeyId;
    readonly tenantId: TenantId | undefined;
    readonly role: KeyRole;
    readonly sha256: string;
    readonly label: string;
  }): Promise<void> {
    await this.dataSource.manager
      .createQueryBuilder()
      .insert()
      .into(ApiKeyRow)
      .values({ ...key, tenantId: key.tenantId ?? null })
      .orIgnore()
      .execute();
  }
}

const toTenant = (row: TenantRow): Tenant => ({ id: row.id as TenantId, name: row.name, createdAt: row.createdAt });
