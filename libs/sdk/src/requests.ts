import type { Http } from './http.js';
import { Listing, type PageRequest } from './listing.js';

export interface Cancellable {
  readonly signal?: AbortSignal;
}

/** How a change is made. */
export interface ChangeOptions extends Cancellable {
  /** The `version` that the caller saw: if the job has changed since, nothing happens and the error has status 412. */
  readonly ifVersion?: number;
}

/** How something is created. */
export interface CreateOptions extends Cancellable {
  /** The same key again gets the first answer. A new one is made up for each call, so that it can be retried. */
  readonly idempotencyKey?: string;
}

export const jobPath = (id: string): string => `/v1/jobs/${encodeURIComponent(id)}`;

/** Asks for something new, under a key of its own, so that it can be asked for again and is made once. */
export function create<Made>(
  http: Http,
  path: string,
  body: object,
  { idempotencyKey = crypto.randomUUID(), ifVersion, signal }: CreateOptions & ChangeOptions,
): Promise<Made> {
  const headers = { 'idempotency-key': idempotencyKey, ...ifMatch(ifVersion) };
  return http.json({ method: 'POST', path, body, headers, repeatable: true, signal });
}

export const ifMatch = (version: number | undefined): { readonly 'if-match'?: string } =>
  version === undefined ? {} : { 'if-match': `"${version}"` };

export function listing<Item>(
  http: Http,
  path: string,
  { after: first, limit, signal }: PageRequest,
  filter: { readonly [name: string]: string | number | undefined } = {},
): Listing<Item> {
  return new Listing(first, (after) =>
    http.json({ method: 'GET', path, query: { ...filter, after, limit }, repeatable: true, signal }),
  );
}
