import {
  SAVEPOINTS_MAX,
  type CheckpointId,
  type Fence,
  type JobId,
  type OrderedBy,
  type SavepointId,
  type SavepointRequested,
  type TenantId,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { appendEvents } from '../announce.js';
import { isAtRest } from '../jobs/change-job.js';
import { toJob, toSavepoint } from '../mapping.js';
import { CheckpointRow, JobRow, SavepointRow } from '../rows/index.js';
import { holdWithBases } from '../runs/hold-checkpoints.js';
import { beginsTimelineOf, checkpointAt } from '../scheduling/checkpoint-at.js';
import { pendingRollback } from '../scheduling/pending-rollback.js';
import { standingOf } from '../scheduling/start-point.js';

/** Writes down that somebody wants a savepoint of a locked job, and makes it at once where no run is to come. */
export async function requestSavepoint(
  tx: EntityManager,
  job: JobRow,
  { id, label }: { readonly id: SavepointId; readonly label: string },
  { actor, requestId }: OrderedBy,
): Promise<SavepointRequested> {
  const known = requestId === undefined ? null : await tx.findOneBy(SavepointRow, { jobId: job.id, requestId });
  if (known !== null) return { outcome: 'requested', savepoint: toSavepoint(known) };
  const { status, tenantId, id: jobId } = toJob(job, undefined);
  if (status === 'cancelled' || job.desired === 'cancelled') return { outcome: 'cancelled' };
  if ((await tx.countBy(SavepointRow, { jobId })) >= SAVEPOINTS_MAX) return { outcome: 'too_many' };
  // A job that was ordered back writes one of where it comes to, once it is there.
  const isToMove = !isAtRest(job, status) || pendingRollback(job) !== undefined;
  const kept = isToMove ? undefined : await holdLast(tx, job);
  if (kept?.outcome === 'no_state') return { ...kept, status };
  const number = await nextNumber(tx, job);
  await tx.insert(SavepointRow, {
    ...{ id, tenantId, jobId, number, label, status: 'requested', actor, requestId: requestId ?? null },
  });
  await appendEvents(tx, { tenantId, jobId }, [
    { type: 'savepoint.requested', data: { savepointId: id, label, actor } },
  ]);
  await tx.update(JobRow, { id: jobId }, { savepointWanted: number, savepointsAsked: number });
  if (kept !== undefined) await answerSavepoints(tx, { tenantId, jobId }, kept.checkpointId, number);
  return { outcome: 'requested', savepoint: toSavepoint(await tx.findOneByOrFail(SavepointRow, { id })) };
}

/**
 * Never one that was given out before, also where somebody has let go of that savepoint: the job's run may have frozen the
 * state for it already, and would take the request for answered.
 */
async function nextNumber(tx: EntityManager, { id: jobId, savepointsAsked }: JobRow): Promise<number> {
  // Of what an older build has written since only the row tells.
  const newest = (await tx.maximum(SavepointRow, 'number', { jobId })) ?? 0;
  return Math.max(savepointsAsked, newest) + 1;
}

type NoState = Omit<Extract<SavepointRequested, { outcome: 'no_state' }>, 'status'>;

/** The checkpoint of the last batch of a job at rest, kept from being collected. */
async function holdLast(
  tx: EntityManager,
  job: JobRow,
): Promise<{ readonly outcome: 'held'; readonly checkpointId: CheckpointId } | NoState> {
  const standing = standingOf(job);
  const at = await checkpointAt(tx, job, standing);
  const newestBatchId = at.outcome === 'missing' ? at.newest?.batchId : undefined;
  const noState = { outcome: 'no_state', lastBatchId: standing.batchId, newestBatchId, areOffsetsSet: false } as const;
  // One of another job's, with which a fork begins, is that one's to keep: the fork has to write its own first.
  if (at.outcome === 'missing' || at.row.jobId !== job.id) return noState;
  const { row } = at;
  if (row.timeline !== job.timeline && !beginsTimelineOf(job, row)) return { ...noState, areOffsetsSet: true };
  return (await holdWithBases(tx, row)) ? { outcome: 'held', checkpointId: row.id as CheckpointId } : noState;
}

/** Makes a complete checkpoint what was asked for, up to request `number`. The job's row is locked against other changes. */
export async function answerSavepoints(
  tx: EntityManager,
  { tenantId, jobId }: Pick<Fence, 'tenantId' | 'jobId'>,
  checkpointId: CheckpointId,
  number: number,
): Promise<void> {
  const [answered] = await tx.query<[{ id: string; label: string }[], number]>(
    `UPDATE savepoints SET status = 'complete', checkpoint_id = $1, completed_at = now()
      WHERE job_id = $2 AND tenant_id = $3 AND number <= $4 AND status = 'requested' RETURNING id, label`,
    [checkpointId, jobId, tenantId, number],
  );
  await tx.query('UPDATE jobs SET savepoint_wanted = NULL WHERE id = $1 AND savepoint_wanted <= $2', [jobId, number]);
  if (answered.length === 0) return;
  await tx.update(CheckpointRow, { id: checkpointId }, { kind: 'savepoint' });
  await appendEvents(
    tx,
    { tenantId, jobId },
    answered.map(({ id, label }) => ({
      type: 'savepoint.completed',
      data: { savepointId: id, label, checkpointId },
      dedupKey: `savepoint/${id}`,
    })),
  );
}

/** Lets go of a savepoint of a locked job; its checkpoint is like any other once no savepoint is left that names it. */
export async function releaseSavepoint(
  tx: EntityManager,
  { id: jobId, tenantId }: JobRow,
  savepointId: SavepointId,
  { actor }: { readonly actor: string },
): Promise<boolean> {
  const row = await tx.findOneBy(SavepointRow, { id: savepointId, jobId, tenantId });
  if (row === null) return false;
  await tx.delete(SavepointRow, { id: savepointId });
  const { checkpointId, label } = row;
  if (checkpointId === null) await forgetWanted(tx, jobId);
  else if (!(await tx.existsBy(SavepointRow, { checkpointId })))
    await tx.update(CheckpointRow, { id: checkpointId }, { kind: 'checkpoint' });
  await appendEvents(tx, { tenantId: tenantId as TenantId, jobId: jobId as JobId }, [
    { type: 'savepoint.released', data: { savepointId, label, checkpointId, actor } },
  ]);
  return true;
}

/** The newest request that nobody has taken back. */
async function forgetWanted(tx: EntityManager, jobId: string): Promise<void> {
  const savepointWanted = await tx.maximum(SavepointRow, 'number', { jobId, status: 'requested' });
  await tx.update(JobRow, { id: jobId }, { savepointWanted });
}
