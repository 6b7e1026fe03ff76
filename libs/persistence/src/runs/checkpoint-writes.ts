import type { CheckpointId, Fence, NewCheckpoint, RunStore, CompletedCheckpoint } from '@tidemark/domain';
import { Not, type EntityManager } from 'typeorm';
import { appendEvents } from '../announce.js';
import { toDecision } from '../mapping.js';
import { CheckpointRow, JobRow, RestoreDecisionRow, RunRow } from '../rows/index.js';
import { baseForRun } from '../scheduling/read-before.js';
import { decideFor, revisionOf } from '../scheduling/restore-facts.js';
import { holdRollback } from '../scheduling/pending-rollback.js';
import { applyStartPoint } from '../scheduling/start-point.js';
import { answerSavepoints } from '../recovery/savepoints.js';
import { holdCheckpoints, holdTimelineOf } from './hold-checkpoints.js';
import { unreadableEvent } from './unreadable-event.js';

/** The row comes first, as `pending`: objects without a row could not be found again. */
export async function begin(
  tx: EntityManager,
  fence: Fence,
  checkpoint: NewCheckpoint,
): ReturnType<RunStore['beginCheckpoint']> {
  const rows = await tx.query<unknown[]>(
    `WITH owned AS (SELECT id FROM jobs WHERE id = $1 AND tenant_id = $2 AND epoch = $3 AND timeline = $4 AND current_run_id = $13 FOR SHARE)
     INSERT INTO checkpoints (id, tenant_id, job_id, timeline, batch_id, batch_time_ms, epoch, revision, bundle_digest,
                              status, kind, path, offsets, shapes, builds_on, identities)
     SELECT $5, $2, o.id, $4, $6, $7, $3, $8, $9, 'pending', 'checkpoint', $10, $11::jsonb, $12::jsonb, $14, $15::jsonb FROM owned o
     RETURNING id`,
    [
      fence.jobId,
      fence.tenantId,
      fence.epoch,
      checkpoint.timeline,
      checkpoint.id,
      checkpoint.batchId,
      checkpoint.batchTimeMs,
      checkpoint.revision,
      checkpoint.bundleDigest,
      checkpoint.path,
      JSON.stringify(checkpoint.offsets),
      JSON.stringify(checkpoint.shapes),
      fence.runId,
      checkpoint.buildsOn,
      JSON.stringify(checkpoint.identities ?? {}),
    ],
  );
  if (rows.length === 0) return 'fenced';
  if ((await holdCheckpoints(tx, fence, checkpoint.buildsOn)) && !(await isDamaged(tx, fence, checkpoint)))
    return 'done';
  await tx.delete(CheckpointRow, { id: checkpoint.id });
  return 'base_gone';
}

/**
 * Whether one of those that it builds on, or one that this run has written on top of the same files, was found unreadable
 * meanwhile: what is built on it could not be restored either.
 */
async function isDamaged(tx: EntityManager, { jobId, epoch }: Fence, { buildsOn }: NewCheckpoint): Promise<boolean> {
  if (buildsOn.length === 0) return false;
  const rows = await tx.query<unknown[]>(
    `SELECT 1 FROM checkpoints WHERE job_id = $1 AND status = 'corrupt'
        AND (path = ANY($2) OR epoch = $3 AND builds_on && $2) LIMIT 1`,
    [jobId, buildsOn, epoch],
  );
  return rows.length > 0;
}

/** From here on the checkpoint may be restored, so what it builds on is held once more: it was only pending before. */
export async function complete(
  tx: EntityManager,
  fence: Fence,
  id: CheckpointId,
  { savepoint, ...written }: CompletedCheckpoint,
): ReturnType<RunStore['completeCheckpoint']> {
  const [pending] = await tx.query<{ batch_id: number; builds_on: string[] }[]>(
    `SELECT c.batch_id, c.builds_on FROM jobs j JOIN checkpoints c ON c.job_id = j.id AND c.timeline = j.timeline
      WHERE j.id = $1 AND j.tenant_id = $2 AND j.epoch = $3 AND j.current_run_id = $4 AND c.id = $5 AND c.epoch = $3
        FOR ${savepoint === undefined ? 'SHARE' : 'NO KEY UPDATE'} OF j`,
    [fence.jobId, fence.tenantId, fence.epoch, fence.runId, id],
  );
  if (pending === undefined || !(await holdCheckpoints(tx, fence, pending.builds_on))) return 'fenced';
  const { manifestSha256, stateRows, stateBytes } = written;
  const ownBytes = written.bytesWritten + written.manifestBytes;
  const { affected } = await tx.update(
    CheckpointRow,
    { id, jobId: fence.jobId, tenantId: fence.tenantId, status: 'pending' },
    { status: 'complete', completedAt: () => 'now()', manifestSha256, stateRows, stateBytes, ownBytes },
  );
  if (affected !== 1) return 'fenced';
  await appendEvents(tx, fence, [
    {
      type: 'checkpoint.completed',
      data: { checkpointId: id, batchId: pending.batch_id, ...written },
      dedupKey: `checkpoint/${id}`,
    },
  ]);
  if (savepoint !== undefined) await answerSavepoints(tx, fence, id, savepoint);
  return 'done';
}

/** Marks the checkpoint corrupt, decides again without it, and keeps both answers in the run's one decision row. */
export async function reject(
  tx: EntityManager,
  fence: Fence,
  id: CheckpointId,
  reason: string,
): ReturnType<RunStore['rejectCheckpoint']> {
  const job = await tx.findOne(JobRow, {
    where: { id: fence.jobId, tenantId: fence.tenantId, epoch: fence.epoch, currentRunId: fence.runId },
    lock: { mode: 'for_no_key_update' },
  });
  if (job === null) return { outcome: 'fenced' };
  await holdTimelineOf(tx, id);
  // That of a fork's base is of another job.
  const { affected } = await tx.update(
    CheckpointRow,
    { id, tenantId: fence.tenantId, status: Not('corrupt') },
    { status: 'corrupt', statusReason: reason },
  );
  // The run's own revision: a newer one may have been deployed while this one restores.
  const { revision } = await tx.findOneByOrFail(RunRow, { id: fence.runId, tenantId: fence.tenantId });
  const decided = await decideFor(tx, job, revision);
  const { candidates, verdict } = decided.decision;
  await tx.update(
    RestoreDecisionRow,
    { runId: fence.runId, tenantId: fence.tenantId },
    { candidates: candidates, verdict: verdict, decidedAt: () => 'now()' },
  );
  await holdRollback(tx, job, id);
  await applyStartPoint(tx, job, verdict, decided.checkpoint);
  await appendEvents(tx, fence, [unreadableEvent(id, reason)]);
  const row = await tx.findOneByOrFail(RestoreDecisionRow, { runId: fence.runId, tenantId: fence.tenantId });
  const current = await tx.findOneByOrFail(JobRow, { id: job.id });
  const { manifest } = await revisionOf(tx, current, revision);
  const base = await baseForRun(tx, current, manifest);
  return {
    ...{ outcome: 'decided', wasKnown: affected === 0, decision: toDecision(row) },
    ...{ checkpoint: decided.checkpoint, base },
  };
}
