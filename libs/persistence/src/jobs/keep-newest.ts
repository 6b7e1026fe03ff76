import type { JobId } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';

/** How many of each kind are kept of a job. */
const KEPT = 100;

/** Forgets all but the newest plans or rollbacks of a job. Ids sort by when they were made. */
export async function keepNewest(
  tx: EntityManager,
  table: 'upgrade_plans' | 'rollbacks',
  { tenantId, jobId }: { readonly tenantId: string; readonly jobId: JobId },
): Promise<void> {
  await tx.query(
    `DELETE FROM ${table} WHERE job_id = $1 AND tenant_id = $2 AND id <
       (SELECT id FROM ${table} WHERE job_id = $1 AND tenant_id = $2 ORDER BY id DESC OFFSET $3 LIMIT 1)`,
    [jobId, tenantId, KEPT - 1],
  );
}
