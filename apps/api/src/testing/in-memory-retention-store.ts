import {
  RetentionStore,
  type JobId,
  type JobRetention,
  type QuotaPressure,
  type RetentionLimits,
  type TenantId,
  type TenantUsage,
} from '@tidemark/domain';
import type { InMemoryJobStores } from './in-memory-job-stores.js';

const NONE: RetentionLimits = {};

/** Limits as they were set; usage and pressure are what the test says. */
export class InMemoryRetentionStore extends RetentionStore {
  private readonly limits = new Map<TenantId | JobId, RetentionLimits>();
  stored: Pick<TenantUsage, 'bytes' | 'checkpoints' | 'savepoints' | 'verified' | 'pinned' | 'jobs'> = {
    ...{ bytes: 0, checkpoints: 0, savepoints: 0, verified: 0, pinned: 0 },
    jobs: [],
  };
  pressure: QuotaPressure | undefined;

  constructor(private readonly jobs: InMemoryJobStores) {
    super();
  }

  override async ofTenant(tenantId: TenantId): Promise<RetentionLimits> {
    return this.limits.get(tenantId) ?? NONE;
  }

  override async setOfTenant(tenantId: TenantId, limits: RetentionLimits): Promise<void> {
    this.limits.set(tenantId, limits);
  }

  override async ofJob(tenantId: TenantId, jobId: JobId): Promise<JobRetention | undefined> {
    if ((await this.jobs.forTenant(tenantId).find(jobId)) === undefined) return undefined;
    const own = this.limits.get(jobId) ?? NONE;
    return { own, tenant: await this.ofTenant(tenantId), effective: own };
  }

  override async setOfJob(
    tenantId: TenantId,
    jobId: JobId,
    limits: RetentionLimits,
  ): Promise<JobRetention | undefined> {
    if ((await this.jobs.forTenant(tenantId).find(jobId)) !== undefined) this.limits.set(jobId, limits);
    return this.ofJob(tenantId, jobId);
  }

  override async usage(tenantId: TenantId): Promise<TenantUsage> {
    return { ...this.stored, quotaBytes: (await this.ofTenant(tenantId)).bytes, pressure: this.pressure };
  }

  override async pressureOn(): Promise<QuotaPressure | undefined> {
    return this.pressure;
  }
}
