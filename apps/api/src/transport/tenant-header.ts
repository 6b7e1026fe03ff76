/** Names the tenant that an admin's key acts for. */
export const TENANT_HEADER = 'Tidemark-Tenant';
