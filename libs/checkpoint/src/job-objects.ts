import type { JobId, TenantId } from '@tidemark/domain';
import type { ObjectStore } from './object-store.port.js';

interface JobKey {
  readonly tenantId: TenantId;
  readonly jobId: JobId;
}

/** Below this lie all checkpoints of a job. */
export const checkpointsFolder = ({ tenantId, jobId }: JobKey): string => `${tenantId}/${jobId}`;

/** Below this lie the records that sources of a job have stored because they cannot be read twice. */
export const walFolder = ({ tenantId, jobId }: JobKey): string => `wal/${tenantId}/${jobId}`;

/** Removes every object that belongs to a job alone. Can be called again after a failure. */
export async function removeJobObjects(store: ObjectStore, job: JobKey): Promise<void> {
  for (const folder of [checkpointsFolder(job), walFolder(job)]) {
    for (const object of await store.list(folder)) await store.remove(object);
  }
}
