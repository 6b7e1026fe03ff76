import type { ErrorSpec } from './error-spec.js';

/** Of tenants, of who may act for them, and of the trail of what was done. */
export const TENANT_ERRORS = {
  key_not_allowed: {
    kind: 'forbidden',
    fault: 'user',
    retry: 'never',
    say: (p: { needs: string }) =>
      `This key may not do that; it needs the role "${p.needs}".` +
      (p.needs === 'tenant' ? ' An admin\'s key may act for a tenant that the header "Tidemark-Tenant" names.' : ''),
  },
  tenant_not_yours: {
    kind: 'forbidden',
    fault: 'user',
    retry: 'never',
    say: (p: { tenant: string }) =>
      `This key is not of the tenant "${p.tenant}". Leave out the header "Tidemark-Tenant", or use a key of that tenant or of an admin.`,
  },
  key_of_this_request: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { keyId: string }) =>
      `The request itself came with the API key ${p.keyId}. Revoke it with another admin's key, so that one is left that works.`,
  },
  trail_unavailable: {
    kind: 'unavailable',
    fault: 'internal',
    retry: 'backoff',
    say: (p: { operation: string }) =>
      `"${p.operation}" could not be written to the audit trail, so nothing was done. Retry shortly.`,
  },
} as const satisfies Record<string, ErrorSpec>;
