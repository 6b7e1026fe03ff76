import type { JobId, TenantId } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';

/** What the JSON of a page's batches comes to at most, but for a page of one: each may read from ten thousand partitions. */
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

export interface BatchesOf {
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly timeline: number;
}

/**
 * The last batch of a page of at most `limit`, as far as they fit. Goes from one to the next, so that of what does not fit no
 * more than one is looked at. Undefined where the page is empty.
 */
export async function endOfPage(
  manager: EntityManager,
  { tenantId, jobId, timeline }: BatchesOf,
  { order, after, limit }: { readonly order: keyof typeof END_OF_PAGE; readonly after: number; readonly limit: number },
): Promise<number | undefined> {
  const parameters = [jobId, tenantId, timeline, after, limit, PAGE_BYTES_MAX];
  const [row] = await manager.query<{ end: number | null }[]>(END_OF_PAGE[order], parameters);
  return row?.end ?? undefined;
}

/** As text, which is about what the rows take here: as they are stored, repetitive ones take next to nothing. */
const BYTES = `octet_length(b.ranges::text) + coalesce(octet_length(b.skipped::text), 0)
             + coalesce(octet_length(b.next_offsets::text), 0)`;

function endOf({
  beyond,
  order,
  last,
}: {
  readonly beyond: string;
  readonly order: string;
  readonly last: string;
}): string {
  const nextTo = (from: string): string => `
      (SELECT n.batch_id FROM batches n
        WHERE n.job_id = $1 AND n.tenant_id = $2 AND n.timeline = $3 AND n.batch_id ${beyond} ${from}
        ORDER BY n.batch_id ${order} LIMIT 1) next
      JOIN batches b ON b.job_id = $1 AND b.timeline = $3 AND b.batch_id = next.batch_id`;
  return `
  WITH RECURSIVE page AS (
    SELECT b.batch_id, 1 AS number, ${BYTES} AS bytes FROM ${nextTo('$4')}
     UNION ALL
    SELECT b.batch_id, p.number + 1, p.bytes + ${BYTES}
      FROM page p CROSS JOIN LATERAL ${nextTo('p.batch_id')}
     WHERE p.number < $5 AND p.bytes <= $6
  )
  SELECT ${last}(batch_id) AS "end" FROM page WHERE number = 1 OR bytes <= $6`;
}

const END_OF_PAGE = {
  newest_first: endOf({ beyond: '<', order: 'DESC', last: 'min' }),
  oldest_first: endOf({ beyond: '>', order: 'ASC', last: 'max' }),
} as const;
