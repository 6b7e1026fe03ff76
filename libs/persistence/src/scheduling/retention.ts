import { heldObjects, type BatchPlan, type CheckpointId } from '@tidemark/domain';
import type { DataSource } from 'typeorm';

/** Rows touched by one pass; the next pass goes on. */
const PASS_MAX = 500;

/**
 * Turns to `deleted`, in one statement with the check, what no restore can want: complete checkpoints beyond the newest
 * `perTimeline`, unfinished ones of an epoch that is over or after which their run has begun another (it writes one at a
 * time), and what an earlier pass marked but did not finish. A checkpoint that a running restore has chosen is kept, as is every savepoint.
 */
export async function retireCheckpoints(
  database: DataSource,
  { perTimeline }: { readonly perTimeline: number },
): Promise<readonly { readonly id: CheckpointId; readonly path: string }[]> {
  const [rows] = await database.query<[{ id: CheckpointId; path: string }[], number]>(
    `WITH ranked AS (
       SELECT c.id, c.status, c.epoch, c.job_id,
              row_number() OVER (PARTITION BY c.job_id, c.timeline, c.status ORDER BY c.batch_id DESC, c.id DESC) AS newest,
              row_number() OVER (PARTITION BY c.job_id, c.epoch ORDER BY c.id DESC) AS begun_last
         FROM checkpoints c WHERE c.kind = 'checkpoint'
     ), doomed AS (
       SELECT r.id, r.status FROM ranked r JOIN jobs j ON j.id = r.job_id
        WHERE (r.status = 'deleted')
           OR (r.status = 'complete' AND r.newest > $1)
           OR (r.status = 'corrupt' AND r.newest > $1)
           OR (r.status = 'pending' AND (r.begun_last > 1 OR r.epoch < j.epoch OR j.current_run_id IS NULL))
        LIMIT ${PASS_MAX}
     )
     UPDATE checkpoints c SET status = 'deleted'
       FROM doomed d
      WHERE c.id = d.id AND c.status = d.status
        AND NOT EXISTS (
              SELECT 1 FROM jobs j JOIN restore_decisions s ON s.run_id = j.current_run_id
               WHERE j.id = c.job_id AND j.status IN ('scheduled', 'restoring')
                 AND s.verdict->'from'->>'checkpointId' = c.id)
      RETURNING c.id, c.path`,
    [perTimeline],
  );
  return rows;
}

export async function forgetCheckpoints(database: DataSource, ids: readonly CheckpointId[]): Promise<void> {
  if (ids.length > 0) await database.query(`DELETE FROM checkpoints WHERE id = ANY($1) AND status = 'deleted'`, [ids]);
}

/**
 * Drops committed batches that every restorable checkpoint of their timeline already contains, beyond the newest `keep`.
 * A timeline without a complete checkpoint keeps all of its batches: they are what its state is rebuilt from.
 */
export async function pruneBatches(database: DataSource, keep: number): Promise<readonly string[]> {
  const [rows] = await database.query<[Pick<BatchPlan, 'ranges'>[], number]>(
    `WITH needed AS (
       SELECT c.job_id, c.timeline, min(c.batch_id) AS oldest
         FROM checkpoints c WHERE c.status = 'complete' GROUP BY c.job_id, c.timeline
     ), bounds AS (
       SELECT n.job_id, n.timeline, least(n.oldest, j.last_batch_id - $1) AS below
         FROM needed n JOIN jobs j ON j.id = n.job_id
     )
     DELETE FROM batches b USING bounds o
      WHERE b.job_id = o.job_id AND b.timeline = o.timeline AND b.batch_id <= o.below AND b.committed_at IS NOT NULL
      RETURNING b.ranges`,
    [keep],
  );
  return rows.flatMap(heldObjects);
}

export async function pruneEvents(database: DataSource, keep: number): Promise<void> {
  await database.query(
    `DELETE FROM job_events e USING (
       SELECT job_id, (array_agg(seq ORDER BY seq DESC))[$1 + 1] AS below FROM job_events GROUP BY job_id HAVING count(*) > $1
     ) old WHERE e.job_id = old.job_id AND e.seq <= old.below`,
    [keep],
  );
}

export async function pruneIdempotencyKeys(database: DataSource, olderThanMs: number): Promise<void> {
  await database.query(`DELETE FROM idempotency_keys WHERE created_at < now() - $1 * interval '1 ms'`, [olderThanMs]);
}
