import type { JobId, NewEvent, TenantId } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';

/** Schedulers listen here; the payload says nothing, because a scheduler reads what is due from the tables. */
export const WORK_CHANNEL = 'tidemark_work';

/** Wakes the schedulers when the transaction commits. */
export async function announceWork(tx: EntityManager): Promise<void> {
  await tx.query('SELECT pg_notify($1, $2)', [WORK_CHANNEL, '']);
}

/** Writes events in the order given. One with a dedup key that is there already is passed over. */
export async function appendEvents(
  tx: EntityManager,
  job: { readonly tenantId: TenantId; readonly jobId: JobId },
  events: readonly NewEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `INSERT INTO job_events (tenant_id, job_id, at, type, data, dedup_key, xid)
     SELECT $1, $2, clock_timestamp(), e.event->>'type', e.event->'data', e.event->>'dedupKey', pg_current_xact_id()::text
       FROM jobs j, jsonb_array_elements($3::jsonb) WITH ORDINALITY AS e(event, position)
      WHERE j.id = $2 AND j.tenant_id = $1
      ORDER BY e.position
     ON CONFLICT ON CONSTRAINT job_events_dedup DO NOTHING`,
    [job.tenantId, job.jobId, JSON.stringify(events, storable)],
  );
}

/** What tenants' code says may hold what Postgres refuses in text: NUL, or half of a surrogate pair. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

const storable = (_key: string, value: unknown): unknown => (typeof value === 'string' ? storableText(value) : value);
