import { heldObjects, type BatchPlan, type CheckpointId } from '@tidemark/domain';
import type { DataSource } from 'typeorm';

/** Rows touched by one pass; the next pass goes on. */
const PASS_MAX = 500;

/**
 * Turns to `deleted`, in one statement with the check, what no restore can want: complete checkpoints beyond the newest
 * `perTimeline`, unfinished ones of an epoch that is over or after which their run has begun another (it writes one at a
 * time), and what an earlier pass marked but did not finish. Kept as well are every savepoint, the checkpoint that a
 * running restore has chosen, the newest checkpoint of the base before the newest one (a damaged base must not take all
 * that is kept with it), the one with whose state its job's timeline begins, and every checkpoint that one of these, or one that is being written, builds on.
 */
export async function retireCheckpoints(
  database: DataSource,
  { perTimeline }: { readonly perTimeline: number },
): Promise<readonly { readonly id: CheckpointId; readonly path: string }[]> {
  const [rows] = await database.query<[{ id: CheckpointId; path: string }[], number]>(RETIRE, [perTimeline]);
  return rows;
}

/**
 * `base_number` counts the bases of a timeline's checkpoints, the newest first. What a checkpoint builds on names all that
 * those build on in turn. The newest go first, so that a limited pass never leaves one without what it builds on.
 *
 * A row that somebody holds meanwhile is locked, or has another `holds` than was seen: it is left for the next pass.
 */
const RETIRE = `
  WITH ranked AS (
    SELECT c.*,
           row_number() OVER (PARTITION BY c.job_id, c.kind, c.timeline, c.status ORDER BY c.batch_id DESC, c.id DESC) AS newest,
           row_number() OVER (PARTITION BY c.job_id, c.kind, c.timeline, c.status, coalesce(c.builds_on[1], c.path)
                              ORDER BY c.batch_id DESC, c.id DESC) AS newest_of_base,
           row_number() OVER (PARTITION BY c.job_id, c.kind, c.epoch ORDER BY c.id DESC) AS begun_last
      FROM checkpoints c
  ), numbered AS (
    SELECT r.*, count(*) FILTER (WHERE r.newest_of_base = 1)
                OVER (PARTITION BY r.job_id, r.kind, r.timeline, r.status ORDER BY r.newest) AS base_number
      FROM ranked r
  ), unwanted AS (
    SELECT n.* FROM numbered n JOIN jobs j ON j.id = n.job_id
     WHERE n.kind = 'checkpoint'
       AND ((n.status = 'deleted')
         OR (n.status = 'complete' AND n.newest > $1 AND NOT (n.newest_of_base = 1 AND n.base_number <= 2))
         OR (n.status = 'corrupt' AND n.newest > $1)
         OR (n.status = 'pending' AND (n.begun_last > 1 OR n.epoch < j.epoch OR j.current_run_id IS NULL)))
       AND n.id IS DISTINCT FROM j.base_checkpoint_id
       AND NOT EXISTS (
             SELECT 1 FROM restore_decisions s
              WHERE s.run_id = j.current_run_id AND j.status IN ('scheduled', 'restoring')
                AND s.verdict->'from'->>'checkpointId' = n.id)
  ), needed AS (
    SELECT DISTINCT unnest(c.builds_on) AS path FROM checkpoints c
     WHERE c.status IN ('complete', 'pending') AND NOT EXISTS (SELECT 1 FROM unwanted u WHERE u.id = c.id)
  ), doomed AS (
    SELECT u.id, u.status, u.holds FROM unwanted u
     WHERE u.status = 'deleted' OR NOT EXISTS (SELECT 1 FROM needed n WHERE n.path = u.path)
     ORDER BY u.created_at DESC, u.id DESC LIMIT ${PASS_MAX}
  ), locked AS (
    SELECT c.id FROM checkpoints c JOIN doomed d ON d.id = c.id AND d.status = c.status AND d.holds = c.holds
     ORDER BY c.id FOR NO KEY UPDATE OF c SKIP LOCKED
  )
  UPDATE checkpoints c SET status = 'deleted' FROM locked l WHERE c.id = l.id
  RETURNING c.id, c.path`;

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
