import type { ApiKeyId, AuditEventId, JobId, TenantId } from '../ids.js';
import type { Page } from '../job/job-store.js';
import type { KeyRole } from '../tenant/tenant.js';

/** A request as it is written down before it is handled. Never its body or its query: they may hold secrets. */
export interface AuditEntry {
  readonly id: AuditEventId;
  /** Whose things it is about; undefined where that is known only afterwards, or never. */
  readonly tenantId: TenantId | undefined;
  readonly actor: { readonly keyId: ApiKeyId; readonly label: string; readonly role: KeyRole };
  /** Public name of the operation, as in the OpenAPI document. */
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly jobId: JobId | undefined;
  /** Of the W3C trace that the request belongs to. */
  readonly traceId: string | undefined;
}

/** What became of a request. */
export interface AuditOutcome {
  /** HTTP status of the answer. */
  readonly status: number;
  /** Name of the error in the catalogue; undefined where there was none. */
  readonly errorCode: string | undefined;
  /** Id of the thing that was made or found, where the path does not name it. */
  readonly resultId: string | undefined;
  /** Tenant and job, where only the answer tells them. */
  readonly tenantId: TenantId | undefined;
  readonly jobId: JobId | undefined;
}

/** A request in the trail. */
export interface AuditEvent extends AuditEntry {
  /** By Postgres' clock, as the time of the outcome. */
  readonly at: Date;
  /** Undefined while the request is handled, and for ever where the process died meanwhile. */
  readonly outcome: (Pick<AuditOutcome, 'status' | 'errorCode' | 'resultId'> & { readonly at: Date }) | undefined;
}

export interface AuditFilter {
  /** Undefined: of all tenants, and of none. */
  readonly tenantId: TenantId | undefined;
  /** What was done to this job, or made it. */
  readonly jobId?: JobId | undefined;
  /** Id of a key, or its label. */
  readonly actor?: string | undefined;
  readonly operation?: string | undefined;
}

/** What was asked of the service, by whom. Grows only: nothing here changes what is written, or removes it. */
export abstract class AuditTrail {
  /** When this resolves the entry is durable. */
  abstract begin(entry: AuditEntry): Promise<void>;
  /** Adds the outcome of an entry that has none yet. */
  abstract end(id: AuditEventId, outcome: AuditOutcome): Promise<void>;
  /** Newest first. */
  abstract list(filter: AuditFilter, page: Page<AuditEventId>): Promise<readonly AuditEvent[]>;
}

/** The scheduler's side of the trail: it alone removes, and only by age. */
export abstract class AuditRetention {
  abstract prune(keep: { readonly days: number }): Promise<void>;
}
