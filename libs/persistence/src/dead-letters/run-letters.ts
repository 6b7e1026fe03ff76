import {
  DEAD_LETTER_BYTES_PER_BATCH_MAX,
  DEAD_LETTERS_PER_BATCH_MAX,
  type BatchPlan,
  type Fence,
  type PoisonSearch,
  type RedrivenRecord,
  type SetAsideRecord,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { storableText } from '../announce.js';
import { isIn, LETTER_STATUS, LINEAGE, redrivenBy } from './lineage.js';

/** Has a batch that is planned leave records out from now on, for the run that owns the job. */
export function setAside(
  tx: EntityManager,
  fence: Fence,
  plan: Pick<BatchPlan, 'timeline' | 'batchId'>,
  records: readonly SetAsideRecord[],
  { isSettled }: { readonly isSettled: boolean },
): Promise<'done' | 'fenced'> {
  const settled = isSettled ? ', is_settled = true' : '';
  const change = `set_aside = coalesce(b.set_aside, '[]'::jsonb) || $7::jsonb, poison_search = NULL${settled}`;
  return changePlanned(tx, fence, plan, {
    change,
    value: records.map((record) => ({ ...record, reason: storableText(record.reason) })),
  });
}

/** Says how far the search has come for the record at which a batch fails that is planned. */
export function noteSearch(
  tx: EntityManager,
  fence: Fence,
  plan: Pick<BatchPlan, 'timeline' | 'batchId'>,
  { why, ...search }: PoisonSearch,
): Promise<'done' | 'fenced'> {
  const value = { ...search, why: { ...why, reason: storableText(why.reason) } };
  return changePlanned(tx, fence, plan, { change: 'poison_search = $7::jsonb', value });
}

/** @param to.change an assignment to columns of the batch's row, from `value` as `$7` */
async function changePlanned(
  tx: EntityManager,
  { tenantId, jobId, runId, epoch }: Fence,
  { timeline, batchId }: Pick<BatchPlan, 'timeline' | 'batchId'>,
  to: { readonly change: string; readonly value: unknown },
): Promise<'done' | 'fenced'> {
  const [rows] = await tx.query<[unknown[], number]>(
    `WITH owned AS (
       SELECT j.id FROM jobs j
        WHERE j.id = $1 AND j.tenant_id = $2 AND j.epoch = $3 AND j.current_run_id = $4 AND j.timeline = $5
          FOR SHARE
     )
     UPDATE batches b SET ${to.change} FROM owned o
      WHERE b.job_id = o.id AND b.timeline = $5 AND b.batch_id = $6 AND b.committed_at IS NULL
     RETURNING b.batch_id`,
    [jobId, tenantId, epoch, runId, timeline, batchId, JSON.stringify(to.value)],
  );
  return rows.length === 0 ? 'fenced' : 'done';
}

const redrivenRow = z.object({
  timeline: z.number(),
  source: z.string(),
  partition: z.string(),
  offset: z.number(),
  bytes: z.instanceof(Uint8Array),
});

/**
 * Records of letters that are to be read again, as many as one batch takes. Letters of sources that the job has no more wait
 * again; with none left, the job is told that there are none. Nothing is given to a run that has lost the job.
 */
export async function recordsToRedrive(
  tx: EntityManager,
  { tenantId, jobId, epoch }: Fence,
  sources: readonly string[],
): Promise<readonly RedrivenRecord[]> {
  const owned = await tx.query<unknown[]>(
    'SELECT 1 FROM jobs WHERE id = $1 AND tenant_id = $2 AND epoch = $3 FOR NO KEY UPDATE',
    [jobId, tenantId, epoch],
  );
  if (owned.length === 0) return [];
  await tx.query(
    `UPDATE dead_letters SET status = 'waiting' WHERE job_id = $1 AND status = 'redriving' AND source <> ALL ($2)`,
    [jobId, sources],
  );
  const rows = await tx.query<unknown[]>(
    `WITH RECURSIVE ${LINEAGE}, due AS (
       SELECT d.*, sum(length(d.bytes)) OVER (ORDER BY d.timeline, d.batch_id, d.source, d.partition, d.record_offset) AS upto
         FROM dead_letters d WHERE d.job_id = $1 AND d.status = 'redriving' AND ${LETTER_STATUS} = 'redriving'
     )
     SELECT timeline, source, partition, record_offset AS "offset", bytes FROM due WHERE upto <= $2
      ORDER BY timeline, batch_id, source, partition, record_offset LIMIT $3`,
    [jobId, DEAD_LETTER_BYTES_PER_BATCH_MAX, DEAD_LETTERS_PER_BATCH_MAX],
  );
  if (rows.length === 0) await tx.query('UPDATE jobs SET redrive_wanted = false WHERE id = $1', [jobId]);
  return z.array(redrivenRow).parse(rows);
}

/** How many letters of a job wait. */
export async function lettersWaiting(manager: EntityManager, { tenantId, jobId }: Fence): Promise<number> {
  const [row] = await manager.query<{ waiting: number }[]>(
    `WITH RECURSIVE ${LINEAGE}
     SELECT count(*)::integer AS waiting FROM dead_letters d
      WHERE d.job_id = $1 AND d.tenant_id = $2 AND d.status = 'waiting' AND ${LETTER_STATUS} = 'waiting'`,
    [jobId, tenantId],
  );
  return row?.waiting ?? 0;
}

/**
 * Forgets all but the newest letters of each job that nothing is to be done about, as far as no checkpoint is left from which
 * the job could come to want them: one that has not come through the batch which has taken a letter, or one that may have a letter
 * which was left behind. All jobs in turn, although one fails.
 */
export async function pruneLetters(manager: EntityManager, keep: number): Promise<void> {
  const jobs = await manager.query<{ readonly id: string }[]>(
    'SELECT job_id AS id FROM dead_letters GROUP BY job_id HAVING count(*) > $1 ORDER BY job_id',
    [keep],
  );
  const errors: unknown[] = [];
  for (const { id } of jobs) {
    await manager.query(PRUNE, [id, keep]).catch((error: unknown) => {
      errors.push(error);
    });
  }
  if (errors.length > 0)
    throw new AggregateError(errors, `Dead letters of ${errors.length} jobs could not be forgotten.`);
}

// What is to go is hashed once, whatever the planner takes the number of letters to be: `IS TRUE` keeps it from a nested loop.
const PRUNE = `
WITH RECURSIVE ${LINEAGE}, settled AS (
  SELECT known.*, row_number() OVER (ORDER BY id DESC) AS newest
    FROM (SELECT d.id, d.timeline, d.status, ${LETTER_STATUS} AS is_now, ${redrivenBy('timeline')} AS by_timeline,
                 ${redrivenBy('batch_id')} AS by_batch
            FROM dead_letters d WHERE d.job_id = $1) known
   WHERE is_now IN ('redriven', 'discarded', 'left_behind')
), ways_back AS MATERIALIZED (
  SELECT max(c.timeline) FILTER (WHERE NOT c.is_ours) AS newest_other,
         min(ARRAY[c.timeline, c.batch_id]) FILTER (WHERE c.is_ours) AS first_of_ours
    FROM (SELECT d.timeline::bigint, d.batch_id, ${isIn('d.timeline', 'd.batch_id')} AS is_ours
            FROM checkpoints d WHERE d.job_id = $1 AND d.status IN ('pending', 'complete')) c
)
DELETE FROM dead_letters d WHERE d.job_id = $1 AND (d.id IN (
  SELECT s.id FROM settled s CROSS JOIN ways_back w
   WHERE s.newest > $2 AND (s.status = 'discarded' OR coalesce(
     CASE s.is_now
       WHEN 'redriven' THEN w.newest_other IS NOT NULL OR w.first_of_ours < ARRAY[s.by_timeline::bigint, s.by_batch]
       ELSE w.newest_other >= s.timeline END, false) IS FALSE))) IS TRUE`;
