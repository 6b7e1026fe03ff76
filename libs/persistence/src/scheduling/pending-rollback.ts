import type { RestoreVerdict, RollbackStatus, StartMode } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { startModeOf } from '../mapping.js';
import { RollbackRow, type JobRow } from '../rows/index.js';

/** The order to roll back with which the job's next start begins. */
export type PendingRollback = Extract<StartMode, { mode: 'checkpoint' }> &
  Required<Pick<Extract<StartMode, { mode: 'checkpoint' }>, 'rollbackId'>>;

export function pendingRollback(job: Pick<JobRow, 'startMode'>): PendingRollback | undefined {
  const mode = startModeOf(job);
  if (mode?.mode !== 'checkpoint' || mode.rollbackId === undefined) return undefined;
  return { ...mode, rollbackId: mode.rollbackId };
}

/** Something else was ordered of a locked job before it started. */
export const supersedeRollback = (tx: EntityManager, job: JobRow): Promise<void> => settle(tx, job, 'superseded');

/** Says what came of the order with which a start of a locked job was decided. Called before a timeline is opened. */
export const settleRollback = (tx: EntityManager, job: JobRow, { outcome }: RestoreVerdict): Promise<void> =>
  outcome === 'start' ? settle(tx, job, 'begun', job.timeline + 1) : settle(tx, job, 'held');

async function settle(tx: EntityManager, job: JobRow, status: RollbackStatus, timeline?: number): Promise<void> {
  const pending = pendingRollback(job);
  if (pending === undefined) return;
  await tx.update(
    RollbackRow,
    { id: pending.rollbackId, jobId: job.id },
    { status, decidedAt: () => 'now()', ...(timeline === undefined ? {} : { timeline }) },
  );
}
