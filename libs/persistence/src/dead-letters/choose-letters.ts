import type { DeadLetterChoice, DeadLetterId, PassedOver } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import type { JobRow } from '../rows/index.js';
import { LETTER_STATUS, LINEAGE } from './lineage.js';

type Chosen =
  | { readonly outcome: 'chosen'; readonly letters: readonly string[]; readonly passedOver: PassedOver }
  | { readonly outcome: 'letter_not_found'; readonly id: DeadLetterId };

/**
 * The letters of a locked job that wait and that an order is about. @param readBy.sources sources that would have to read them
 * again: then only what was kept whole is chosen, and what one of these has given; absent if nothing is to be read
 */
export async function choose(
  tx: EntityManager,
  { id: jobId, tenantId }: Pick<JobRow, 'id' | 'tenantId'>,
  choice: DeadLetterChoice,
  readBy?: { readonly sources: readonly string[] },
): Promise<Chosen> {
  const ids = 'ids' in choice ? choice.ids : undefined;
  const { source, code } = 'all' in choice ? choice.all : {};
  const rows = await tx.query<{ id: string; status: string; isCut: boolean; source: string }[]>(
    `WITH RECURSIVE ${LINEAGE}
     SELECT * FROM (
       SELECT d.id, d.source, length(d.bytes) < d.bytes_total AS "isCut", ${LETTER_STATUS} AS status FROM dead_letters d
        WHERE d.job_id = $1 AND d.tenant_id = $2 AND ($3::text[] IS NULL OR d.id = ANY ($3))
          AND ($4::text IS NULL OR d.source = $4) AND ($5::text IS NULL OR d.code = $5)
     ) letters WHERE $3::text[] IS NOT NULL OR status = 'waiting'`,
    [jobId, tenantId, ids ?? null, source ?? null, code ?? null],
  );
  const known = new Set(rows.map(({ id }) => id));
  const unknown = ids?.find((id) => !known.has(id));
  if (unknown !== undefined) return { outcome: 'letter_not_found', id: unknown };
  const isWhole = ({ isCut }: { readonly isCut: boolean }): boolean => readBy === undefined || !isCut;
  const isRead = ({ source: of }: { readonly source: string }): boolean =>
    readBy === undefined || readBy.sources.includes(of);
  const waiting = rows.filter(({ status }) => status === 'waiting');
  const whole = waiting.filter(isWhole);
  const chosen = whole.filter(isRead);
  const leftBehind = rows.filter(({ status }) => status === 'left_behind').length;
  return {
    outcome: 'chosen',
    letters: chosen.map(({ id }) => id),
    passedOver: {
      settled: rows.length - waiting.length - leftBehind,
      leftBehind,
      cut: waiting.length - whole.length,
      sourceGone: whole.length - chosen.length,
    },
  };
}
