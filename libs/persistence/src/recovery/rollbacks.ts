import type {
  JobPoint,
  NewRollback,
  OrderedBy,
  RollbackId,
  RollbackPreview,
  RollbackRefused,
  StartMode,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { appendEvents } from '../announce.js';
import { eventOfSomethingNew, isOwned, type Change } from '../jobs/change-job.js';
import { keepNewest } from '../jobs/keep-newest.js';
import { toCheckpoint, toJob } from '../mapping.js';
import { BatchRow, CheckpointRow, JobRow, RollbackRow } from '../rows/index.js';
import { holdWithBases } from '../runs/hold-checkpoints.js';
import { supersedeRollback } from '../scheduling/pending-rollback.js';
import { decideOnce } from '../scheduling/restore-facts.js';
import { standingOf } from '../scheduling/start-point.js';

type Refused = Exclude<RollbackRefused, { outcome: 'not_found' | 'changed_meanwhile' }>;

/**
 * Orders a locked job back to one of its checkpoints. The row names the checkpoint until a start is decided, and what it
 * names is not collected; it is held here, in case the collector has looked already.
 */
export async function orderRollback(
  tx: EntityManager,
  job: JobRow,
  { id, checkpointId, undoes, reason }: NewRollback,
  by: OrderedBy,
): Promise<Change | Refused> {
  const { status, tenantId, id: jobId } = toJob(job, undefined);
  if (status === 'cancelled' || job.desired === 'cancelled') return { outcome: 'refused', status, event: 'restart' };
  const row = await tx.findOneBy(CheckpointRow, { id: checkpointId, jobId, tenantId });
  if (row === null) return { outcome: 'checkpoint_gone' };
  const checkpoint = toCheckpoint(row);
  if (checkpoint.status !== 'complete') return { outcome: 'not_restorable', status: checkpoint.status };
  if (!(await holdWithBases(tx, row))) return { outcome: 'checkpoint_gone' };
  const left = await supersedeRollback(tx, job);
  const from: JobPoint = { ...pointOf(job), ...(left === undefined ? {} : { revision: left }) };
  const { revision, timeline, batchId } = checkpoint;
  const to: JobPoint = { revision, timeline, batchId };
  await tx.insert(RollbackRow, {
    ...{ id, tenantId, jobId, checkpointId, fromPoint: from, toPoint: to, status: 'ordered' },
    ...{ undoes: undoes ?? null, reason: reason ?? null, actor: by.actor, requestId: by.requestId ?? null },
  });
  await keepNewest(tx, 'rollbacks', { tenantId, jobId });
  await appendEvents(tx, { tenantId, jobId }, [
    {
      type: 'job.rollback_ordered',
      data: {
        rollbackId: id,
        checkpointId,
        from,
        to,
        undoes: undoes ?? null,
        reason: reason ?? null,
        actor: by.actor,
      },
    },
  ]);
  const startMode: StartMode = { mode: 'checkpoint', checkpointId, rollbackId: id };
  return {
    set: { revision, startMode, attempts: 0, retryAt: null, probation: null },
    event: eventOfSomethingNew(job, status),
    supersedes: !isOwned(status),
  };
}

/** Where a job stands: its last commit, or where its timeline begins. */
export function pointOf(job: JobRow): JobPoint {
  const { batchId } = standingOf(job);
  return { revision: job.revision, timeline: job.timeline, batchId };
}

/** What a rollback of a job would do, locked or not. */
export async function previewRollback(tx: EntityManager, job: JobRow, row: CheckpointRow): Promise<RollbackPreview> {
  const checkpoint = toCheckpoint(row);
  const { revision, id: checkpointId } = checkpoint;
  const startMode: StartMode = { mode: 'checkpoint', checkpointId, rollbackId: NOT_ORDERED };
  const { decision, policy, trigger } = await decideOnce(tx, tx.create(JobRow, { ...job, startMode }), revision);
  return {
    checkpoint,
    from: pointOf(job),
    offsets: standingOf(job).offsets ?? {},
    start: { ...decision, policy, trigger },
    again: await committedSince(tx, job, row),
  };
}

const NOT_ORDERED = 'rbk_' as RollbackId;

/** Of the timeline that the job is on, and of the one before it up to where it was left. */
async function committedSince(
  tx: EntityManager,
  job: JobRow,
  { timeline, batchId }: CheckpointRow,
): Promise<RollbackPreview['again']> {
  const own = { timeline: job.timeline, after: job.baseBatchId, upTo: standingOf(job).batchId };
  const before = { timeline: job.baseTimeline, after: 0, upTo: job.baseBatchId };
  const pieces =
    timeline === job.timeline
      ? [{ ...own, after: batchId }]
      : timeline === job.baseTimeline && batchId <= job.baseBatchId
        ? [own, { ...before, after: batchId }]
        : undefined;
  if (pieces === undefined) return undefined;
  let [batches, records] = [0, 0];
  for (const piece of pieces) {
    const found = await tx
      .createQueryBuilder(BatchRow, 'b')
      .select(['count(*)::integer AS batches', 'coalesce(sum(b.records_in), 0)::bigint AS records'])
      .where('b.job_id = :id AND b.timeline = :timeline AND b.committed_at IS NOT NULL', { id: job.id, ...piece })
      .andWhere('b.batch_id > :after AND b.batch_id <= :upTo', piece)
      .getRawOne<{ batches: number; records: number }>();
    // Batches that the log has lost were not counted.
    if (found === undefined || found.batches !== Math.max(0, piece.upTo - piece.after)) return undefined;
    batches += found.batches;
    records += Number(found.records);
  }
  return { batches, records };
}
