import { Injectable } from '@nestjs/common';
import {
  JobStores,
  TidemarkError,
  type Job,
  type JobId,
  type JobOrder,
  type TenantId,
  type TraceParent,
} from '@tidemark/domain';
import { existingJob } from '../inspect/existing-job.js';
import { orderedJob } from './ordered-job.js';

/** Writes down what the owner wants. When this resolves the wish is durable and announced. */
@Injectable()
export class OrderJob {
  constructor(private readonly stores: JobStores) {}

  async run(
    tenantId: TenantId,
    id: JobId,
    order: JobOrder,
    by: { readonly actor: string; readonly trace: TraceParent; readonly expectedVersion: number | undefined },
  ): Promise<Job> {
    const { actor, trace, expectedVersion } = by;
    const expected = expectedVersion === undefined ? {} : { expectedVersion };
    return orderedJob(id, await this.stores.forTenant(tenantId).order(id, order, { actor, trace, ...expected }));
  }

  async remove(tenantId: TenantId, id: JobId, expectedVersion: number | undefined): Promise<void> {
    const store = this.stores.forTenant(tenantId);
    const { version } = await existingJob(store, id);
    if (expectedVersion !== undefined && expectedVersion !== version) {
      throw new TidemarkError('job_changed_meanwhile', { jobId: id });
    }
    orderedJob(id, await store.remove(id));
  }
}
