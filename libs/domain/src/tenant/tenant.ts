import type { ApiKeyId, TenantId } from '../ids.js';

export interface Tenant {
  readonly id: TenantId;
  /** Lower-case letters, digits and dashes; also the name of the tenant's folder under the files root. */
  readonly name: string;
  readonly createdAt: Date;
}

export const KEY_ROLES = ['admin', 'tenant'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

/** Who a request comes from. An admin key belongs to no tenant. */
export type Caller =
  | { readonly role: 'admin'; readonly keyId: ApiKeyId }
  | { readonly role: 'tenant'; readonly keyId: ApiKeyId; readonly tenantId: TenantId };

/** Keys are stored as SHA-256 of their text: they carry 160 random bits, so a slow hash would add nothing. */
export abstract class TenantStore {
  abstract findCaller(keySha256: string): Promise<Caller | undefined>;
  abstract findTenant(id: TenantId): Promise<Tenant | undefined>;
  /** Creates the tenant, or returns the one that has this name. */
  abstract ensureTenant(tenant: Tenant): Promise<Tenant>;
  abstract addKey(key: {
    id: ApiKeyId;
    tenantId: TenantId | undefined;
    role: KeyRole;
    sha256: string;
    label: string;
  }): Promise<void>;
}
