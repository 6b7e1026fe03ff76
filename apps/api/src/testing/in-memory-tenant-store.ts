import {
  TenantStore,
  type ApiKey,
  type ApiKeyId,
  type Caller,
  type KeyOwner,
  type Page,
  type Tenant,
  type TenantId,
} from '@tidemark/domain';

type AddedKey = Parameters<TenantStore['addKey']>[0];
type StoredKey = Omit<ApiKey, 'revokedAt'> & AddedKey & { revokedAt: Date | undefined };

export class InMemoryTenantStore extends TenantStore {
  readonly tenants: Tenant[] = [];
  private readonly keys: StoredKey[] = [];

  override async findCaller(keySha256: string): Promise<Caller | undefined> {
    const key = this.keys.find(({ sha256, revokedAt }) => sha256 === keySha256 && revokedAt === undefined);
    if (key === undefined) return undefined;
    const { id: keyId, label, tenantId } = key;
    return tenantId === undefined ? { role: 'admin', keyId, label } : { role: 'tenant', keyId, label, tenantId };
  }

  override async findTenant(id: TenantId): Promise<Tenant | undefined> {
    return this.tenants.find((tenant) => tenant.id === id);
  }

  override async findTenantNamed(name: string): Promise<Tenant | undefined> {
    return this.tenants.find((tenant) => tenant.name === name);
  }

  override async listTenants(page: Page<TenantId>): Promise<readonly Tenant[]> {
    return newestFirst(this.tenants, page);
  }

  override async ensureTenant(tenant: Tenant): Promise<Tenant> {
    const known = this.tenants.find(({ name }) => name === tenant.name);
    if (known === undefined) this.tenants.push(tenant);
    return known ?? tenant;
  }

  override async addKey(key: AddedKey): Promise<void> {
    if (this.keys.some(({ sha256 }) => sha256 === key.sha256)) return;
    this.keys.push({ ...key, createdAt: new Date(0), revokedAt: undefined });
  }

  override async listKeys(owner: KeyOwner, page: Page<ApiKeyId>): Promise<readonly ApiKey[]> {
    return newestFirst(this.keysOf(owner), page);
  }

  override async revokeKey(owner: KeyOwner, id: ApiKeyId): Promise<ApiKey | undefined> {
    const key = this.keysOf(owner).find((one) => one.id === id);
    if (key !== undefined) key.revokedAt ??= new Date();
    return key;
  }

  override async revokedAmong(ids: readonly ApiKeyId[]): Promise<ReadonlySet<ApiKeyId>> {
    const revoked = this.keys.filter(({ id, revokedAt }) => ids.includes(id) && revokedAt !== undefined);
    return new Set(revoked.map(({ id }) => id));
  }

  private keysOf(owner: KeyOwner): readonly StoredKey[] {
    const tenantId = owner.role === 'tenant' ? owner.tenantId : undefined;
    return this.keys.filter((key) => key.role === owner.role && key.tenantId === tenantId);
  }
}

function newestFirst<T extends { readonly id: string }>(
  items: readonly T[],
  { after, limit }: Page<string>,
): readonly T[] {
  const newest = items.toSorted((a, b) => (a.id < b.id ? 1 : -1));
  return newest.filter(({ id }) => after === undefined || id < after).slice(0, limit);
}
