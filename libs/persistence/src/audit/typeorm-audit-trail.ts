import {
  AuditTrail,
  isId,
  KEY_ROLES,
  type ApiKeyId,
  type AuditEntry,
  type AuditEvent,
  type AuditEventId,
  type AuditFilter,
  type AuditOutcome,
  type JobId,
  type Page,
  type TenantId,
} from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { AuditEventRow } from '../rows/index.js';

@Injectable()
export class TypeOrmAuditTrail extends AuditTrail {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async begin({ id, tenantId, actor, operation, method, path, jobId, traceId }: AuditEntry): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO audit_events
         (id, tenant_id, actor_key_id, actor_label, actor_role, operation, method, path, job_id, trace_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [id, tenantId, actor.keyId, actor.label, actor.role, operation, method, path, jobId, traceId],
    );
  }

  /** What the entry says already stays, and so does an outcome that is there. */
  override async end(id: AuditEventId, outcome: AuditOutcome): Promise<void> {
    const { status, errorCode, resultId, tenantId, jobId } = outcome;
    await this.dataSource.query(
      `UPDATE audit_events
          SET status = $2, error_code = $3, result_id = $4, ended_at = now(),
              tenant_id = coalesce(tenant_id, $5), job_id = coalesce(job_id, $6)
        WHERE id = $1 AND ended_at IS NULL`,
      [id, status, errorCode, resultId, tenantId, jobId],
    );
  }

  override async list(
    { tenantId, jobId, actor, operation }: AuditFilter,
    { after, limit }: Page<AuditEventId>,
  ): Promise<readonly AuditEvent[]> {
    const query = this.dataSource.manager.createQueryBuilder(AuditEventRow, 'e').where('TRUE');
    if (tenantId !== undefined) query.andWhere('e.tenant_id = :tenantId', { tenantId });
    if (jobId !== undefined) query.andWhere('(e.job_id = :jobId OR e.result_id = :jobId)', { jobId });
    if (actor !== undefined)
      query.andWhere(`e.${isId('apiKey', actor) ? 'actor_key_id' : 'actor_label'} = :actor`, { actor });
    if (operation !== undefined) query.andWhere('e.operation = :operation', { operation });
    if (after !== undefined) query.andWhere('e.id < :after', { after });
    return (await query.orderBy('e.id', 'DESC').limit(limit).getMany()).map(toAuditEvent);
  }
}

const keyRole = z.enum(KEY_ROLES);

const toAuditEvent = (row: AuditEventRow): AuditEvent => ({
  id: row.id as AuditEventId,
  at: row.at,
  tenantId: (row.tenantId as TenantId | null) ?? undefined,
  actor: { keyId: row.actorKeyId as ApiKeyId, label: row.actorLabel, role: keyRole.parse(row.actorRole) },
  operation: row.operation,
  method: row.method,
  path: row.path,
  jobId: (row.jobId as JobId | null) ?? undefined,
  traceId: row.traceId ?? undefined,
  outcome: outcomeOf(row),
});

function outcomeOf({ status, endedAt, errorCode, resultId }: AuditEventRow): AuditEvent['outcome'] {
  if (status === null || endedAt === null) return undefined;
  return { status, at: endedAt, errorCode: errorCode ?? undefined, resultId: resultId ?? undefined };
}
