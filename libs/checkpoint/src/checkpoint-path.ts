import type { JobId, TenantId } from '@tidemark/domain';
import { checkpointsFolder } from './job-objects.js';

/**
 * The folder of one attempt at a checkpoint. `unique` is a fresh UUID, so that no other attempt, not even one of the
 * same batch and epoch, ever uses the same folder.
 */
export function checkpointPath(attempt: {
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly timeline: number;
  readonly batchId: number;
  readonly epoch: number;
  readonly unique: string;
}): string {
  const { tenantId, jobId, timeline, batchId, epoch, unique } = attempt;
  return `${batchFolder({ tenantId, jobId, timeline, batchId })}-e${epoch}-${unique}`;
}

/** What every checkpoint path of this batch begins with. */
export function batchFolder(batch: {
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly timeline: number;
  readonly batchId: number;
}): string {
  return `${checkpointsFolder(batch)}/t${batch.timeline}/b${batch.batchId}`;
}
