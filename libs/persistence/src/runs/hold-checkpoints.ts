import type { EntityManager } from 'typeorm';
import type { CheckpointRow } from '../rows/index.js';

/**
 * Keeps checkpoints from being collected because of what the caller writes in the same transaction: a row that builds on
 * them, or a decision to restore. The collector takes only rows whose `holds` is what it saw when it looked for what
 * needs them, so it cannot have looked before that became visible. False when one of them was collected already.
 *
 * A caller that locks the job's row as well does so first.
 */
export async function holdCheckpoints(
  tx: EntityManager,
  job: { readonly tenantId: string; readonly jobId: string },
  paths: readonly string[],
): Promise<boolean> {
  if (paths.length === 0) return true;
  const [rows] = await tx.query<[unknown[], number]>(
    `WITH locked AS (
       SELECT id FROM checkpoints
        WHERE job_id = $1 AND tenant_id = $2 AND path = ANY($3) AND status IN ('complete', 'corrupt')
        ORDER BY id FOR NO KEY UPDATE
     )
     UPDATE checkpoints c SET holds = c.holds + 1 FROM locked l WHERE c.id = l.id RETURNING c.id`,
    [job.jobId, job.tenantId, paths],
  );
  return rows.length === new Set(paths).size;
}

/**
 * Keeps a checkpoint with all that it builds on, as {@link holdCheckpoints} does. In one call: the collector must be seen by
 * all of them, or by none.
 */
export const holdWithBases = (
  tx: EntityManager,
  checkpoint: Pick<CheckpointRow, 'tenantId' | 'jobId' | 'buildsOn' | 'path'>,
): Promise<boolean> => holdCheckpoints(tx, checkpoint, [...checkpoint.buildsOn, checkpoint.path]);

/**
 * Keeps the complete checkpoints of a timeline from being collected by whoever has looked at them already: to be called
 * before one of them, `id`, turns out to be unreadable. Another one is the newest then.
 */
export async function holdTimelineOf(tx: EntityManager, id: string): Promise<void> {
  await tx.query(
    `WITH locked AS (
       SELECT c.id FROM checkpoints c JOIN checkpoints d ON d.job_id = c.job_id AND d.timeline = c.timeline
        WHERE d.id = $1 AND c.status = 'complete' ORDER BY c.id FOR NO KEY UPDATE OF c
     )
     UPDATE checkpoints c SET holds = c.holds + 1 FROM locked l WHERE c.id = l.id`,
    [id],
  );
}
