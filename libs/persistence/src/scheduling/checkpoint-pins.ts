import type { CheckpointId, JobId, TenantId } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { holdWithBases } from '../runs/hold-checkpoints.js';
import { CheckpointRow } from '../rows/index.js';

export interface CheckpointPin {
  readonly tenantId: TenantId;
  /** The job whose checkpoint it is. */
  readonly jobId: JobId;
  readonly checkpointId: CheckpointId;
  /** Who holds on to it, as `kind/id`: `fork/…` for example. One owner pins a checkpoint once. */
  readonly owner: string;
  /** For people: what the checkpoint is kept for. */
  readonly reason: string;
  /** On whose behalf, where it is another job: the pin goes when that one is deleted, and until then keeps this one. */
  readonly forJobId?: JobId;
}

/**
 * From the commit of `tx` on, the checkpoint and all that it builds on is not collected until the pin is released.
 * `gone`: it is not complete, or was collected already. A caller that locks the job's row as well does so first.
 */
export async function pinCheckpoint(tx: EntityManager, pin: CheckpointPin): Promise<'pinned' | 'gone'> {
  const { tenantId, jobId, checkpointId, owner, reason, forJobId = jobId } = pin;
  const row = await tx.findOneBy(CheckpointRow, { id: checkpointId, jobId, tenantId });
  if (row === null || !(await holdWithBases(tx, row))) return 'gone';
  const inserted = await tx.query<unknown[]>(
    `INSERT INTO checkpoint_pins (checkpoint_id, owner, reason, for_job_id)
     SELECT c.id, $2, $3, $4 FROM checkpoints c WHERE c.id = $1 AND c.status = 'complete'
     ON CONFLICT ON CONSTRAINT checkpoint_pins_pk DO UPDATE SET reason = $3 RETURNING checkpoint_id`,
    [checkpointId, owner, reason, forJobId],
  );
  return inserted.length === 1 ? 'pinned' : 'gone';
}

/** Lets go of all that `owner` has pinned. Releasing what is not pinned is not an error. */
export async function releasePins(tx: EntityManager, owner: string): Promise<void> {
  await tx.query('DELETE FROM checkpoint_pins WHERE owner = $1', [owner]);
}

/**
 * A pin on one of the job's checkpoints that is not on its own behalf. Their rows are locked first: a pin that is being
 * made is waited for, and one that comes later finds the checkpoint gone once the caller has deleted the job.
 */
export async function pinByAnotherJob(
  tx: EntityManager,
  jobId: JobId,
): Promise<{ readonly checkpointId: CheckpointId; readonly owner: string; readonly reason: string } | undefined> {
  await tx.query('SELECT id FROM checkpoints WHERE job_id = $1 ORDER BY id FOR UPDATE', [jobId]);
  const [pin] = await tx.query<{ checkpoint_id: CheckpointId; owner: string; reason: string }[]>(
    `SELECT p.checkpoint_id, p.owner, p.reason FROM checkpoint_pins p JOIN checkpoints c ON c.id = p.checkpoint_id
      WHERE c.job_id = $1 AND p.for_job_id <> $1 ORDER BY p.created_at LIMIT 1`,
    [jobId],
  );
  return pin === undefined ? undefined : { checkpointId: pin.checkpoint_id, owner: pin.owner, reason: pin.reason };
}
