import type { ApiKey, NewApiKey, Tenant } from '@tidemark/sdk';
import { fields, table } from './table.js';

export const showTenants = (tenants: readonly Tenant[]): readonly string[] =>
  tenants.length === 0
    ? ['No tenants.']
    : table(
        ['TENANT', 'NAME', 'CREATED'],
        tenants.map(({ id, name, createdAt }) => [id, name, createdAt]),
      );

export const showKeys = (keys: readonly ApiKey[]): readonly string[] =>
  keys.length === 0
    ? ['No keys.']
    : table(
        ['KEY', 'ROLE', 'LABEL', 'CREATED', 'REVOKED'],
        keys.map(({ id, role, label, createdAt, revokedAt }) => [id, role, label, createdAt, revokedAt ?? '-']),
      );

export const showNewKey = ({ id, key, label }: NewApiKey): readonly string[] => [
  ...fields([
    ['id', id],
    ['label', label],
    ['key', key],
  ]),
  'The key is shown here and never again.',
];
