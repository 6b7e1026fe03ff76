import {
  goingBack,
  type CheckpointId,
  type JobPoint,
  type RestoreVerdict,
  type RollbackStatus,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { startModeOf } from '../mapping.js';
import { RollbackRow, type JobRow } from '../rows/index.js';
import { nextTimeline } from './start-point.js';

/** What takes the job back with its next start: somebody has ordered it, or a revision on probation has failed. */
export const pendingRollback = (job: Pick<JobRow, 'startMode'>): ReturnType<typeof goingBack> =>
  goingBack(startModeOf(job));

/**
 * Something else was ordered of a locked job before it started. Answers with the revision that it was to leave, unless
 * another one was deployed since. One that has failed on probation stays left.
 */
export async function supersedeRollback(tx: EntityManager, job: JobRow): Promise<number | undefined> {
  const id = pendingRollback(job)?.rollbackId;
  if (id === undefined) return undefined;
  await settle(tx, job, 'superseded');
  const row = await tx.findOneByOrFail(RollbackRow, { id, jobId: job.id });
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
  const id = pendingRollback(job)?.rollbackId;
  // A job that goes back by itself has no order that would say so.
  if (id === undefined) return;
  await tx.update(
    RollbackRow,
    { id, jobId: job.id },
    { status, decidedAt: () => 'now()', ...(timeline === undefined ? {} : { timeline }) },
  );
}
