import type { AuditEvent } from '@tidemark/contracts';
import type { Http } from './http.js';
import type { Listing, PageRequest } from './listing.js';
import { listing } from './requests.js';

/** Which part of the trail. */
export interface AuditRequest extends PageRequest {
  /** Id of a job, which may have been deleted since: what was done to it, or made it. */
  readonly job?: string;
  /** Id of a key, or its label. */
  readonly actor?: string;
  /** Name of an operation, as in the OpenAPI document. */
  readonly operation?: string;
}

/** The audit trail. It can be read, and nothing else. */
export class AuditEvents {
  constructor(private readonly http: Http) {}

  /**
   * What was asked of the service for the tenant, newest first; with an admin's key that names no tenant, for all of
   * them. Throws `TidemarkApiError` and `TidemarkConnectionError`.
   */
  list({ job, actor, operation, ...page }: AuditRequest = {}): Listing<AuditEvent> {
    return listing(this.http, '/v1/audit-events', page, { job, actor, operation });
  }
}
