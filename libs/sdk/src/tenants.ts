import type { ApiKey, NewApiKey, RetentionLimits, RetentionOrder, Tenant, Usage } from '@tidemark/contracts';
import type { Http } from './http.js';
import type { Listing, PageRequest } from './listing.js';
import { listing, type Cancellable } from './requests.js';

/** Tenants and their keys. Needs an admin key. Every method throws `TidemarkApiError` and `TidemarkConnectionError`. */
export class Tenants {
  constructor(private readonly http: Http) {}

  /** Creates the tenant, or returns the one that has this name. */
  ensure(name: string, { signal }: Cancellable = {}): Promise<Tenant> {
    return this.http.json({ method: 'POST', path: '/v1/tenants', body: { name }, repeatable: true, signal });
  }

  /** Tenants, newest first. */
  list(page: PageRequest = {}): Listing<Tenant> {
    return listing(this.http, '/v1/tenants', page);
  }

  /** Creates a key of a tenant. The key itself is in this answer and in no other. */
  createApiKey(tenantId: string, label: string, { signal }: Cancellable = {}): Promise<NewApiKey> {
    return this.http.json({ method: 'POST', path: keysOf(tenantId), body: { label }, repeatable: false, signal });
  }

  /** The keys of a tenant, revoked ones too, newest first. */
  apiKeys(tenantId: string, page: PageRequest = {}): Listing<ApiKey> {
    return listing(this.http, keysOf(tenantId), page);
  }

  /** Revokes a key of a tenant, for good: it is refused from then on, and its event streams end within 5 s. */
  revokeApiKey(tenantId: string, keyId: string, { signal }: Cancellable = {}): Promise<ApiKey> {
    const path = `${keysOf(tenantId)}/${encodeURIComponent(keyId)}`;
    return this.http.json({ method: 'DELETE', path, repeatable: true, signal });
  }

  /** The most that the tenant's jobs may keep of their past; `bytes` are those of all of them together. */
  retention(tenantId: string, { signal }: Cancellable = {}): Promise<RetentionLimits> {
    return this.http.json({ method: 'GET', path: `${pathOf(tenantId)}/retention`, repeatable: true, signal });
  }

  /** Replaces all these limits: what `limits` leaves out is not limited. */
  setRetention(tenantId: string, limits: RetentionOrder, { signal }: Cancellable = {}): Promise<RetentionLimits> {
    const path = `${pathOf(tenantId)}/retention`;
    return this.http.json({ method: 'PUT', path, body: limits, repeatable: true, signal });
  }

  /** What is stored of the checkpoints of the tenant's jobs. */
  usage(tenantId: string, { signal }: Cancellable = {}): Promise<Usage> {
    return this.http.json({ method: 'GET', path: `${pathOf(tenantId)}/usage`, repeatable: true, signal });
  }
}

/** The keys of admins. Needs an admin key. Every method throws `TidemarkApiError` and `TidemarkConnectionError`. */
export class AdminKeys {
  constructor(private readonly http: Http) {}

  /** Revoked ones too, newest first. */
  list(page: PageRequest = {}): Listing<ApiKey> {
    return listing(this.http, '/v1/admin-keys', page);
  }

  /** As {@link Tenants.revokeApiKey}. The client's own key is refused with `key_of_this_request`. */
  revoke(keyId: string, { signal }: Cancellable = {}): Promise<ApiKey> {
    const path = `/v1/admin-keys/${encodeURIComponent(keyId)}`;
    return this.http.json({ method: 'DELETE', path, repeatable: true, signal });
  }
}

const pathOf = (tenantId: string): string => `/v1/tenants/${encodeURIComponent(tenantId)}`;
const keysOf = (tenantId: string): string => `${pathOf(tenantId)}/api-keys`;
