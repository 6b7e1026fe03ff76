import { heldObjects, type BatchPlan, type CheckpointId, type KeptAnswers } from '@tidemark/domain';
import type { DataSource } from 'typeorm';
import { OutboxRow, TOPICS } from '../rows/index.js';

/** Rows touched by one pass; the next pass goes on. */
const PASS_MAX = 500;

/** For how long it can be looked up which runners there have been. */
const RUNNER_KEPT_MS = 24 * 3_600_000;

/**
 * Turns to `deleted`, in one statement with the check, what no restore can want: complete checkpoints beyond the limits
 * of their job and its tenant, unfinished ones of an epoch that is over or after which their run has begun another (it
 * writes one at a time), and what an earlier pass marked but did not finish. `perTimeline` counts where neither job nor
 * tenant says how many to keep.
 *
 * Kept whatever the limits say are, for each timeline, the newest checkpoint, the newest one that was read back, and the
 * newest of the base before the newest one (a damaged base must not take all that is kept with it); every savepoint;
 * what somebody has pinned; what a running restore has chosen; the one with whose state its job's timeline begins; the one
 * that the next start was ordered to begin with; the one that a revision on probation may go back to; and every checkpoint
 * that one of these, or one that is being written, builds on.
 */
export async function retireCheckpoints(
  database: DataSource,
  { perTimeline }: { readonly perTimeline: number },
): Promise<readonly { readonly id: CheckpointId; readonly path: string }[]> {
  const [rows] = await database.query<[{ id: CheckpointId; path: string }[], number]>(RETIRE, [perTimeline]);
  return rows;
}

/**
 * What counts for a job: what it says within what its tenant says. `fallback` is how many checkpoints are kept where
 * neither says it.
 */
export const limitsOfJobs = (fallback: string): string => `
  SELECT j.id AS job_id, j.epoch, j.current_run_id,
         least(coalesce(r.checkpoints, t.checkpoints, ${fallback}), t.checkpoints) AS keep,
         least(r.age_ms, t.age_ms) AS age_ms, r.bytes AS job_bytes, t.bytes AS tenant_bytes
    FROM jobs j LEFT JOIN job_retention r ON r.job_id = j.id LEFT JOIN tenant_retention t ON t.tenant_id = j.tenant_id`;

/**
 * `base_number` counts the bases of a timeline's checkpoints, the newest first. What a checkpoint builds on names all that
 * those build on in turn. The newest go first, so that a limited pass never leaves one without what it builds on; the newest of
 * each tenant, then the next of each (`turn`), so that one that makes many holds up nobody else's.
 *
 * Bytes: what is kept anyway has place 0, the others follow, the newest first. An object folder has the place of the
 * first that needs it, so `upto` is what it takes to keep everything up to a place, shared bases counted once. From the
 * first place on that is over the limit (`full`), nothing more is kept; what is complete comes before what is corrupt.
 *
 * A row that somebody holds meanwhile is locked, or has another `holds` than was seen: it is left for the next pass, and so
 * is what it builds on, which was to go only together with it.
 */
const RETIRE = `
  WITH limits AS (${limitsOfJobs('$1')}), chosen AS (
    SELECT s.verdict->'from'->>'checkpointId' AS id
      FROM jobs o JOIN restore_decisions s ON s.run_id = o.current_run_id
     WHERE o.status IN ('scheduled', 'restoring')
    UNION ALL SELECT o.base_checkpoint_id FROM jobs o WHERE o.base_checkpoint_id IS NOT NULL
    UNION ALL SELECT o.start_mode->>'checkpointId' FROM jobs o WHERE o.start_mode IS NOT NULL
    UNION ALL SELECT o.probation->'back'->>'checkpointId' FROM jobs o WHERE o.probation IS NOT NULL
  ), ranked AS (
    SELECT c.id, c.tenant_id, c.job_id, c.kind, c.timeline, c.status, c.path, c.builds_on, c.holds, c.epoch,
           c.created_at, c.completed_at, c.verified_at,
           row_number() OVER (PARTITION BY c.job_id, c.kind, c.timeline, c.status ORDER BY c.batch_id DESC, c.id DESC) AS newest,
           row_number() OVER (PARTITION BY c.job_id, c.kind, c.timeline, c.status, c.verified_at IS NULL
                              ORDER BY c.batch_id DESC, c.id DESC) AS newest_alike,
           row_number() OVER (PARTITION BY c.job_id, c.kind, c.timeline, c.status, coalesce(c.builds_on[1], c.path)
                              ORDER BY c.batch_id DESC, c.id DESC) AS newest_of_base,
           row_number() OVER (PARTITION BY c.job_id, c.kind, c.epoch ORDER BY c.id DESC) AS begun_last
      FROM checkpoints c
  ), numbered AS (
    SELECT r.*, count(*) FILTER (WHERE r.newest_of_base = 1)
                OVER (PARTITION BY r.job_id, r.kind, r.timeline, r.status ORDER BY r.newest) AS base_number
      FROM ranked r
  ), judged AS (
    SELECT n.*, l.keep, l.age_ms, l.job_bytes, l.tenant_bytes, l.current_run_id, l.epoch AS job_epoch,
           EXISTS (SELECT 1 FROM checkpoint_pins p WHERE p.checkpoint_id = n.id)
             OR EXISTS (SELECT 1 FROM chosen h WHERE h.id = n.id)
             OR n.status IN ('complete', 'corrupt') AND n.kind = 'savepoint'
             OR n.status = 'complete' AND (n.newest = 1 OR n.newest_of_base = 1 AND n.base_number <= 2
                                           OR n.verified_at IS NOT NULL AND n.newest_alike = 1) AS kept_anyway
      FROM numbered n JOIN limits l ON l.job_id = n.job_id
  ), placed AS (
    SELECT d.*, CASE WHEN d.kept_anyway THEN 0 ELSE
             row_number() OVER (PARTITION BY d.tenant_id ORDER BY d.status, d.created_at DESC, d.id DESC) END AS place
      FROM judged d
     WHERE d.status IN ('complete', 'corrupt') AND (d.job_bytes IS NOT NULL OR d.tenant_bytes IS NOT NULL)
  ), folders AS (
    SELECT p.tenant_id, f.path, min(p.place) AS place
      FROM placed p CROSS JOIN unnest(p.builds_on || p.path) AS f (path) GROUP BY p.tenant_id, f.path
  ), summed AS (
    SELECT c.tenant_id, c.job_id, f.place, sum(c.own_bytes) OVER (PARTITION BY c.job_id ORDER BY f.place) AS upto_of_job,
           sum(c.own_bytes) OVER (PARTITION BY c.tenant_id ORDER BY f.place) AS upto_of_tenant
      FROM folders f JOIN checkpoints c ON c.path = f.path
  ), full_tenants AS (
    SELECT s.tenant_id, min(s.place) AS at FROM summed s JOIN limits l ON l.job_id = s.job_id
     WHERE s.upto_of_tenant > l.tenant_bytes GROUP BY s.tenant_id
  ), full_jobs AS (
    SELECT s.job_id, min(s.place) AS at FROM summed s JOIN limits l ON l.job_id = s.job_id
     WHERE s.upto_of_job > l.job_bytes GROUP BY s.job_id
  ), over_bytes AS (
    SELECT p.id FROM placed p LEFT JOIN full_tenants t ON t.tenant_id = p.tenant_id LEFT JOIN full_jobs j ON j.job_id = p.job_id
     WHERE p.place > 0 AND p.place >= least(t.at, j.at)
  ), unwanted AS (
    SELECT d.* FROM judged d
     WHERE NOT d.kept_anyway
       AND ((d.status = 'deleted')
         OR (d.status IN ('complete', 'corrupt')
             AND (d.newest > d.keep
                  OR coalesce(d.completed_at, d.created_at) < now() - d.age_ms * interval '1 ms'
                  OR d.id IN (SELECT o.id FROM over_bytes o)))
         OR (d.status = 'pending' AND (d.begun_last > 1 OR d.epoch < d.job_epoch OR d.current_run_id IS NULL)))
  ), needed AS (
    SELECT DISTINCT unnest(c.builds_on) AS path FROM checkpoints c
     WHERE c.status IN ('complete', 'pending') AND NOT EXISTS (SELECT 1 FROM unwanted u WHERE u.id = c.id)
  ), doomed AS (
    SELECT u.id, u.status, u.holds, u.builds_on,
           row_number() OVER (PARTITION BY u.tenant_id ORDER BY u.created_at DESC, u.id DESC) AS turn
      FROM unwanted u
     WHERE u.status = 'deleted' OR NOT EXISTS (SELECT 1 FROM needed n WHERE n.path = u.path)
     ORDER BY turn, u.created_at DESC, u.id DESC LIMIT ${PASS_MAX}
  ), locked AS (
    SELECT c.id FROM checkpoints c JOIN doomed d ON d.id = c.id AND d.status = c.status AND d.holds = c.holds
     ORDER BY c.id FOR NO KEY UPDATE OF c SKIP LOCKED
  ), spared AS (
    SELECT DISTINCT unnest(d.builds_on) AS path FROM doomed d
     WHERE d.status IN ('complete', 'pending') AND NOT EXISTS (SELECT 1 FROM locked l WHERE l.id = d.id)
  )
  UPDATE checkpoints c SET status = 'deleted' FROM locked l
   WHERE c.id = l.id AND (c.status = 'deleted' OR NOT EXISTS (SELECT 1 FROM spared s WHERE s.path = c.path))
  RETURNING c.id, c.path`;

export async function forgetCheckpoints(database: DataSource, ids: readonly CheckpointId[]): Promise<void> {
  if (ids.length > 0) await database.query(`DELETE FROM checkpoints WHERE id = ANY($1) AND status = 'deleted'`, [ids]);
}

/**
 * Drops committed batches, beyond the newest `keep`, that are in every checkpoint of their timeline which a start is to be
 * able to fall back to. These are the newest that the limits of the job allow (`perTimeline` where nothing says how many), the
 * newest one of all, the newest that was read back, and the newest of the base before; savepoints are among the last three
 * only. What is kept for something else is gone back to on a new timeline, if at all, or serves others as their base: a
 * savepoint of long ago would hold on to all batches since.
 *
 * A timeline without a complete checkpoint keeps all of its batches: they are what its state is rebuilt from. What is left
 * of one for the next time is never behind a gap: the log would seem to reach its beginning.
 */
export function pruneBatches(
  database: DataSource,
  { keep, limit, perTimeline }: { readonly keep: number; readonly limit: number; readonly perTimeline: number },
): Promise<number> {
  return database.transaction(async (tx) => {
    const [rows] = await tx.query<[Pick<BatchPlan, 'ranges'>[], number]>(PRUNE_BATCHES, [keep, limit, perTimeline]);
    const paths = rows.flatMap(heldObjects);
    if (paths.length > 0) await tx.insert(OutboxRow, { topic: TOPICS.objectsUnneeded, payload: { paths } });
    return rows.length;
  });
}

const PRUNE_BATCHES = `
  WITH limits AS (${limitsOfJobs('$3')}), ranked AS (
    SELECT c.job_id, c.timeline, c.batch_id, c.kind, c.verified_at,
           row_number() OVER (PARTITION BY c.job_id, c.timeline ORDER BY c.batch_id DESC, c.id DESC) AS newest,
           row_number() OVER (PARTITION BY c.job_id, c.timeline, c.kind ORDER BY c.batch_id DESC, c.id DESC) AS newest_of_kind,
           row_number() OVER (PARTITION BY c.job_id, c.timeline, c.verified_at IS NULL
                              ORDER BY c.batch_id DESC, c.id DESC) AS newest_alike,
           row_number() OVER (PARTITION BY c.job_id, c.timeline, coalesce(c.builds_on[1], c.path)
                              ORDER BY c.batch_id DESC, c.id DESC) AS newest_of_base
      FROM checkpoints c WHERE c.status = 'complete'
  ), numbered AS (
    SELECT r.*, count(*) FILTER (WHERE r.newest_of_base = 1)
                OVER (PARTITION BY r.job_id, r.timeline ORDER BY r.newest) AS base_number
      FROM ranked r
  ), needed AS (
    SELECT n.job_id, n.timeline, min(n.batch_id) AS oldest
      FROM numbered n JOIN limits l ON l.job_id = n.job_id
     WHERE n.kind = 'checkpoint' AND n.newest_of_kind <= l.keep
        OR n.newest_of_base = 1 AND n.base_number <= 2
        OR n.verified_at IS NOT NULL AND n.newest_alike = 1
     GROUP BY n.job_id, n.timeline
  ), bounds AS (
    SELECT n.job_id, n.timeline, least(n.oldest, j.last_batch_id - $1) AS below
      FROM needed n JOIN jobs j ON j.id = n.job_id
  ), doomed AS (
    SELECT b.job_id, b.timeline, b.batch_id FROM bounds o
      JOIN batches b ON b.job_id = o.job_id AND b.timeline = o.timeline AND b.batch_id <= o.below
     WHERE b.committed_at IS NOT NULL
     ORDER BY b.job_id, b.timeline, b.batch_id LIMIT $2 FOR UPDATE OF b
  )
  DELETE FROM batches b USING doomed d
   WHERE b.job_id = d.job_id AND b.timeline = d.timeline AND b.batch_id = d.batch_id
  RETURNING b.ranges`;

export async function pruneEvents(database: DataSource, keep: number): Promise<void> {
  await database.query(
    `DELETE FROM job_events e USING (
       SELECT job_id, (array_agg(seq ORDER BY seq DESC))[$1 + 1] AS below FROM job_events GROUP BY job_id HAVING count(*) > $1
     ) old WHERE e.job_id = old.job_id AND e.seq <= old.below`,
    [keep],
  );
}

/** Ids sort by when they were made. A job's current run stays, whatever its number. */
export async function pruneRuns(database: DataSource, keep: number): Promise<void> {
  await database.query(
    `WITH gone AS (
       DELETE FROM runs r USING (
         SELECT job_id, (array_agg(id ORDER BY id DESC))[$1 + 1] AS below FROM runs GROUP BY job_id HAVING count(*) > $1
       ) old WHERE r.job_id = old.job_id AND r.id <= old.below AND r.status NOT IN ('queued', 'claimed')
         AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.current_run_id = r.id)
       RETURNING r.id
     )
     DELETE FROM restore_decisions d USING gone WHERE d.run_id = gone.id`,
    [keep],
  );
  await database.query(
    `DELETE FROM runners w WHERE w.status <> 'alive' AND w.heartbeat_at < now() - $1 * interval '1 ms'
       AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.runner_id = w.id)`,
    [RUNNER_KEPT_MS],
  );
}

/** The newest keys of tenants that have used one lately: of the others there are no more than they were allowed then. */
const BEYOND_LIMITS = `
  DELETE FROM idempotency_keys k USING (
    SELECT a.tenant_id, a.key, row_number() OVER newest AS keys,
           sum(coalesce(pg_column_size(a.body), 0)) OVER newest AS bytes
      FROM idempotency_keys a
     WHERE a.tenant_id IN (SELECT r.tenant_id FROM idempotency_keys r WHERE r.created_at > now() - interval '1 hour')
    WINDOW newest AS (PARTITION BY a.tenant_id ORDER BY a.created_at DESC, a.key)
  ) o
  WHERE k.tenant_id = o.tenant_id AND k.key = o.key AND (o.keys > $1 OR o.bytes > $2)`;

export async function pruneIdempotencyKeys(database: DataSource, { keptMs, perTenant }: KeptAnswers): Promise<void> {
  await database.query(`DELETE FROM idempotency_keys WHERE created_at < now() - $1 * interval '1 ms'`, [keptMs]);
  await database.query(BEYOND_LIMITS, [perTenant.keys, perTenant.bytes]);
}
