import type { JobId, Page, TenantId } from '@tidemark/domain';
import type { EntityManager, EntityTarget, ObjectLiteral, SelectQueryBuilder } from 'typeorm';

/** One page of a job's rows, as `t`: those below the cursor, which is a column that grows. The query names the tenant. */
export function newestFirst<R extends ObjectLiteral>(
  manager: EntityManager,
  target: EntityTarget<R>,
  { tenantId, jobId }: { readonly tenantId: TenantId; readonly jobId: JobId },
  { cursor, after, limit }: Page<string | number> & { readonly cursor: string },
): SelectQueryBuilder<R> {
  const query = manager
    .createQueryBuilder(target, 't')
    .where('t.tenant_id = :tenantId AND t.job_id = :jobId', { tenantId, jobId });
  if (after !== undefined) query.andWhere(`t.${cursor} < :after`, { after });
  return query.orderBy(`t.${cursor}`, 'DESC').limit(limit);
}
