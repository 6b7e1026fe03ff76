import { checkpointStretch, type JobId, type NewEvent, type TenantId } from '@tidemark/domain';
import type { DataSource, EntityManager } from 'typeorm';
import { appendEvents } from '../announce.js';
import { QuotaPressureRow, TenantRetentionRow } from '../rows/index.js';

/** Stored bytes of checkpoints; what is `deleted` is on its way out, and what is `pending` is not known yet. */
export const STORED = `status IN ('complete', 'corrupt')`;

/** One tenant after the other, each in a transaction, and all of them although one fails. */
export async function judgeQuotas(database: DataSource): Promise<void> {
  const tenants = await database.query<{ tenant_id: TenantId }[]>(
    `SELECT tenant_id FROM tenant_retention WHERE bytes IS NOT NULL
      UNION SELECT tenant_id FROM quota_pressure ORDER BY tenant_id`,
  );
  const errors: unknown[] = [];
  for (const { tenant_id: tenantId } of tenants) {
    await database
      .transaction((tx) => judge(tx, tenantId))
      .catch((error: unknown) => {
        errors.push(error);
      });
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} tenants' limits could not be judged.`);
}

async function judge(tx: EntityManager, tenantId: TenantId): Promise<void> {
  // The lock makes a second scheduler see what the first has told.
  const limits = await tx.findOne(TenantRetentionRow, { where: { tenantId }, lock: { mode: 'pessimistic_write' } });
  const before = await tx.findOneBy(QuotaPressureRow, { tenantId });
  const quotaBytes = limits?.bytes ?? undefined;
  const bytes = await bytesOf(tx, tenantId);
  const stretch = quotaBytes === undefined ? 1 : checkpointStretch({ bytes, quotaBytes });
  if (quotaBytes === undefined || stretch === 1) {
    if (before === null) return;
    await tx.delete(QuotaPressureRow, { tenantId });
    return tell(tx, tenantId, { type: 'checkpoint.quota_relieved', data: { bytes, quotaBytes: quotaBytes ?? null } });
  }
  await tx.upsert(QuotaPressureRow, { tenantId, bytes, quotaBytes, stretch }, ['tenantId']);
  if (before?.stretch === stretch) return;
  await tell(tx, tenantId, { type: 'checkpoint.quota_pressure', data: { bytes, quotaBytes, stretch } });
}

async function bytesOf(tx: EntityManager, tenantId: TenantId): Promise<number> {
  const [row] = await tx.query<{ bytes: number }[]>(
    `SELECT coalesce(sum(own_bytes), 0)::bigint AS bytes FROM checkpoints WHERE tenant_id = $1 AND ${STORED}`,
    [tenantId],
  );
  return row?.bytes ?? 0;
}

async function tell(tx: EntityManager, tenantId: TenantId, event: NewEvent): Promise<void> {
  const jobs = await tx.query<{ id: JobId }[]>(
    `SELECT id FROM jobs WHERE tenant_id = $1 AND desired = 'running' AND current_run_id IS NOT NULL ORDER BY id`,
    [tenantId],
  );
  for (const { id: jobId } of jobs) await appendEvents(tx, { tenantId, jobId }, [event]);
}
