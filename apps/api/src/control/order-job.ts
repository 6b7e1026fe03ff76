import { Injectable } from '@nestjs/common';
import {
  JobStores,
  type Job,
  type JobId,
  type JobOrder,
  type StartMode,
  type TenantId,
  type TraceParent,
} from '@tidemark/domain';
import { orderedJob } from './ordered-job.js';

/** Writes down what the owner wants. When this resolves the wish is durable and announced. */
@Injectable()
export class OrderJob {
  constructor(private readonly stores: JobStores) {}

  async run(
    tenantId: TenantId,
    id: JobId,
    order: JobOrder,
    by: {
      readonly actor: string;
      readonly trace: TraceParent;
      readonly expectedVersion: number | undefined;
      readonly startMode?: StartMode | undefined;
    },
  ): Promise<Job> {
    const ordered = await this.stores.forTenant(tenantId).order(id, order, by);
    return orderedJob(id, ordered, by.startMode?.mode);
  }

  async remove(tenantId: TenantId, id: JobId, expectedVersion: number | undefined): Promise<void> {
    orderedJob(id, await this.stores.forTenant(tenantId).remove(id, { expectedVersion }));
  }
}
