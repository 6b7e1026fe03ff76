import {
  KEY_ROLES,
  TenantStore,
  type ApiKey,
  type ApiKeyId,
  type Caller,
  type KeyOwner,
  type KeyRole,
  type Page,
  type Tenant,
  type TenantId,
} from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource, Equal, In, IsNull, LessThan, Not } from 'typeorm';
import { z } from 'zod';
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

  override async listTenants({ after, limit }: Page<TenantId>): Promise<readonly Tenant[]> {
    const rows = await this.dataSource.manager.find(TenantRow, {
      where: after === undefined ? {} : { id: LessThan(after) },
      order: { id: 'DESC' },
      take: limit,
    });
    return rows.map(toTenant);
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

  override async listKeys(owner: KeyOwner, { after, limit }: Page<ApiKeyId>): Promise<readonly ApiKey[]> {
    const rows = await this.dataSource.manager.find(ApiKeyRow, {
      where: { ...columnsOf(owner), ...(after === undefined ? {} : { id: LessThan(after) }) },
      order: { id: 'DESC' },
      take: limit,
    });
    return rows.map(toApiKey);
  }

  override async revokeKey(owner: KeyOwner, id: ApiKeyId): Promise<ApiKey | undefined> {
    const { manager } = this.dataSource;
    const ofOwner = { id, ...columnsOf(owner) };
    await manager.update(ApiKeyRow, { ...ofOwner, revokedAt: IsNull() }, { revokedAt: () => 'now()' });
    const row = await manager.findOneBy(ApiKeyRow, ofOwner);
    return row === null ? undefined : toApiKey(row);
  }

  override async revokedAmong(ids: readonly ApiKeyId[]): Promise<ReadonlySet<ApiKeyId>> {
    const rows = await this.dataSource.manager.find(ApiKeyRow, {
      select: { id: true },
      where: { id: In(ids), revokedAt: Not(IsNull()) },
    });
    return new Set(rows.map(({ id }) => id as ApiKeyId));
  }
}

const columnsOf = (owner: KeyOwner) =>
  owner.role === 'admin'
    ? { role: owner.role, tenantId: IsNull() }
    : { role: owner.role, tenantId: Equal(owner.tenantId) };

const keyRole = z.enum(KEY_ROLES);

const toApiKey = ({ id, role, label, createdAt, revokedAt }: ApiKeyRow): ApiKey => ({
  id: id as ApiKeyId,
  role: keyRole.parse(role),
  label,
  createdAt,
  revokedAt: revokedAt ?? undefined,
});

const toTenant = (row: TenantRow): Tenant => ({ id: row.id as TenantId, name: row.name, createdAt: row.createdAt });
