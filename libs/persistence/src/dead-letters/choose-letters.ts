import type { DeadLetterChoice, DeadLetterId, PassedOver } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import type { JobRow } from '../rows/index.js';
import { LETTER_STATUS, lineageOf } from './lineage.js';

type Chosen =
  | { readonly outcome: 'chosen'; readonly letters: readonly string[]; readonly passedOver: PassedOver }
  | { readonly outcome: 'letter_not_found'; readonly id: DeadLetterId };

/**
 * The letters of a locked job that wait and that an order is about. @param isTaken what they must be beside that; nothing
 * where it is undefined.
 */
export async function choose(
  tx: EntityManager,
  { id: jobId, tenantId }: Pick<JobRow, 'id' | 'tenantId'>,
  choice: DeadLetterChoice,
  { isTaken }: { readonly isTaken: { readonly isCut: false; readonly sources: readonly string[] } | undefined },
): Promise<Chosen> {
  const ids = 'ids' in choice ? choice.ids : undefined;
  const { source, code } = 'all' in choice ? choice.all : {};
  const rows = await tx.query<{ id: string; status: string; isCut: boolean; source: string }[]>(
    `WITH RECURSIVE ${lineageOf('j.id = $1')}
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
  const waiting = rows.filter(({ status }) => status === 'waiting');
  const leftBehind = rows.filter(({ status }) => status === 'left_behind').length;
  const cut = isTaken === undefined ? [] : waiting.filter(({ isCut }) => isCut);
  const whole = waiting.filter((letter) => !cut.includes(letter));
  const gone = isTaken === undefined ? [] : whole.filter((letter) => !isTaken.sources.includes(letter.source));
  return {
    outcome: 'chosen',
    letters: whole.filter((letter) => !gone.includes(letter)).map(({ id }) => id),
    passedOver: {
      settled: rows.length - waiting.length - leftBehind,
      leftBehind,
      cut: cut.length,
      sourceGone: gone.length,
    },
  };
}
