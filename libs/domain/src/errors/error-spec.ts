export const ERROR_KINDS = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'too_large',
  'exhausted',
  'storage_full',
  'unavailable',
  'internal',
] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

export interface ErrorSpec {
  readonly kind: ErrorKind;
  /** Who can act on it: the tenant, a system that we call, or us. */
  readonly fault: 'user' | 'external' | 'internal';
  /** Whether doing the same thing again can succeed. A run that ends with a `backoff` error is started again later. */
  readonly retry: 'never' | 'backoff';
  readonly say: (params: never) => string;
}
