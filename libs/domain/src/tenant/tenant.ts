import type { ApiKeyId, TenantId } from '../ids.js';
import type { Page } from '../job/job-store.js';

export interface Tenant {
  readonly id: TenantId;
  /** Lower-case letters, digits and dashes; also the name of the tenant's folder under the files root. */
  readonly name: string;
  readonly createdAt: Date;
}

export const KEY_ROLES = ['admin', 'tenant'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

interface KeyOfCaller {
  /** Who is named as the actor in events and in the audit trail, also where an admin acts for a tenant. */
  readonly keyId: ApiKeyId;
  /** What the key is for, as it was said when it was made. */
  readonly label: string;
}

/** Who a request comes from. An admin key belongs to no tenant, and acts for the one that a request names. */
export type Caller =
  | (KeyOfCaller & { readonly role: 'admin'; readonly actsFor?: TenantId })
  | (KeyOfCaller & { readonly role: 'tenant'; readonly tenantId: TenantId });

/** Whose jobs a caller works with; undefined for an admin that has named no tenant. */
export const tenantOfCaller = (caller: Caller): TenantId | undefined =>
  caller.role === 'tenant' ? caller.tenantId : caller.actsFor;

/** Whose a key is: the admins' together, or one tenant's. */
export type KeyOwner = { readonly role: 'admin' } | { readonly role: 'tenant'; readonly tenantId: TenantId };

/** A key as an admin sees it; its text is known to nobody but its holder. */
export interface ApiKey {
  readonly id: ApiKeyId;
  readonly role: KeyRole;
  /** What the key is for, as it was said when it was made. */
  readonly label: string;
  /** By Postgres' clock, as the time of the revocation. */
  readonly createdAt: Date;
  /** Undefined while the key works. */
  readonly revokedAt: Date | undefined;
}

/** Keys are stored as SHA-256 of their text: they carry 190 random bits, so a slow hash would add nothing. */
export abstract class TenantStore {
  /** Undefined where there is no such key, or it is revoked. */
  abstract findCaller(keySha256: string): Promise<Caller | undefined>;
  abstract findTenant(id: TenantId): Promise<Tenant | undefined>;
  abstract findTenantNamed(name: string): Promise<Tenant | undefined>;
  /** Newest first. */
  abstract listTenants(page: Page<TenantId>): Promise<readonly Tenant[]>;
  /** Creates the tenant, or returns the one that has this name. */
  abstract ensureTenant(tenant: Tenant): Promise<Tenant>;
  /** A key of the same text stays as it is, also where it is revoked. */
  abstract addKey(key: {
    id: ApiKeyId;
    tenantId: TenantId | undefined;
    role: KeyRole;
    sha256: string;
    label: string;
  }): Promise<void>;
  /** Revoked ones too, newest first. */
  abstract listKeys(owner: KeyOwner, page: Page<ApiKeyId>): Promise<readonly ApiKey[]>;
  /** The key does not work from then on. One that is revoked already stays as it is; undefined where the owner has none. */
  abstract revokeKey(owner: KeyOwner, id: ApiKeyId): Promise<ApiKey | undefined>;
  /** Which of these keys are revoked. */
  abstract revokedAmong(ids: readonly ApiKeyId[]): Promise<ReadonlySet<ApiKeyId>>;
}
