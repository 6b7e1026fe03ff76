import type { JobId, TenantId } from '../ids.js';
import type { QuotaPressure, RetentionLimits, StoredCheckpoints } from './retention.js';

export interface JobRetention {
  /** What was set for the job. */
  readonly own: RetentionLimits;
  /** What its tenant has set: the most that the job may keep, and what holds where the job says nothing. */
  readonly tenant: RetentionLimits;
  /** What is in effect; without `checkpoints` the default of the scheduler counts. */
  readonly effective: RetentionLimits;
}

export interface JobUsage extends StoredCheckpoints {
  readonly jobId: JobId;
  readonly name: string;
}

export interface TenantUsage extends StoredCheckpoints {
  /** The tenant's limit on the bytes of all its jobs together. */
  readonly quotaBytes: number | undefined;
  readonly pressure: QuotaPressure | undefined;
  /** Those with most bytes first. */
  readonly jobs: readonly JobUsage[];
}

/** What is kept of checkpoints: the limits, and what they come to. */
export abstract class RetentionStore {
  abstract ofTenant(tenantId: TenantId): Promise<RetentionLimits>;
  /** Replaces all limits of a tenant that exists. */
  abstract setOfTenant(tenantId: TenantId, limits: RetentionLimits): Promise<void>;
  /** Undefined where the tenant has no such job. */
  abstract ofJob(tenantId: TenantId, jobId: JobId): Promise<JobRetention | undefined>;
  /** Replaces all limits of the job. The collector goes by them from its next pass on; no run notices. */
  abstract setOfJob(tenantId: TenantId, jobId: JobId, limits: RetentionLimits): Promise<JobRetention | undefined>;
  abstract usage(tenantId: TenantId, jobsMax: number): Promise<TenantUsage>;
  abstract pressureOn(tenantId: TenantId): Promise<QuotaPressure | undefined>;
}
