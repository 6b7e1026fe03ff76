import type { CheckpointId, JobPoint, RestoreVerdict, RollbackStatus, StartMode } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { startModeOf } from '../mapping.js';
import { RollbackRow, type JobRow } from '../rows/index.js';
import { nextTimeline } from './start-point.js';

/** The order to roll back with which the job's next start begins. */
export type PendingRollback = Extract<StartMode, { mode: 'checkpoint' }> &
  Required<Pick<Extract<StartMode, { mode: 'checkpoint' }>, 'rollbackId'>>;

export function pendingRollback(job: Pick<JobRow, 'startMode'>): PendingRollback | undefined {
  const mode = startModeOf(job);
  if (mode?.mode !== 'checkpoint' || mode.rollbackId === undefined) return undefined;
  return { ...mode, rollbackId: mode.rollbackId };
}

/**
 * Something else was ordered of a locked job before it started. Answers with the revision that it was to leave, unless
 * another one was deployed since.
 */
export async function supersedeRollback(tx: EntityManager, job: JobRow): Promise<number | undefined> {
  const pending = pendingRollback(job);
  if (pending === undefined) return undefined;
  await settle(tx, job, 'superseded');
  const row = await tx.findOneByOrFail(RollbackRow, { id: pending.rollbackId, jobId: job.id });
  return (row.toPoint as JobPoint).revision === job.revision ? (row.fromPoint as JobPoint).revision : undefined;
}

/** Says what came of the order with which a start of a locked job was decided. Called before a timeline is opened. */
export const settleRollback = (tx: EntityManager, job: JobRow, { outcome }: RestoreVerdict): Promise<void> =>
  outcome === 'start' ? settle(tx, job, 'begun', nextTimeline(job)) : settle(tx, job, 'held');

/**
 * Says of a rollback of a locked job that it came to nothing: the checkpoint that it goes back to was found damaged, before
 * a batch was committed on its timeline.
 */
export async function holdRollback(tx: EntityManager, job: JobRow, checkpointId: CheckpointId): Promise<void> {
  if (job.lastTimeline === job.timeline) return;
  const begun = { jobId: job.id, timeline: job.timeline, checkpointId, status: 'begun' as const };
  await tx.update(RollbackRow, begun, { status: 'held', decidedAt: () => 'now()' });
}

async function settle(tx: EntityManager, job: JobRow, status: RollbackStatus, timeline?: number): Promise<void> {
  const pending = pendingRollback(job);
  if (pending === undefined) return;
  await tx.update(
    RollbackRow,
    { id: pending.rollbackId, jobId: job.id },
    { status, decidedAt: () => 'now()', ...(timeline === undefined ? {} : { timeline }) },
  );
}
