import type { CheckpointId, Fence, NewCheckpoint, RunStore } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { appendEvents } from '../announce.js';
import { toDecision } from '../mapping.js';
import { CheckpointRow, JobRow, RestoreDecisionRow, RunRow } from '../rows/index.js';
import { baseOf, decideFor } from '../scheduling/restore-facts.js';
import { applyStartPoint } from '../scheduling/start-point.js';

/** The row comes first, as `pending`: objects without a row could not be found again. */
export async function begin(
  manager: EntityManager,
  fence: Fence,
  checkpoint: NewCheckpoint,
): Promise<'done' | 'fenced'> {
  const rows = await manager.query<unknown[]>(
    `WITH owned AS (SELECT id FROM jobs WHERE id = $1 AND tenant_id = $2 AND epoch = $3 AND timeline = $4 AND current_run_id = $13 FOR SHARE)
     INSERT INTO checkpoints (id, tenant_id, job_id, timeline, batch_id, batch_time_ms, epoch, revision, bundle_digest,
                              status, kind, path, offsets, shapes)
     SELECT $5, $2, o.id, $4, $6, $7, $3, $8, $9, 'pending', 'checkpoint', $10, $11::jsonb, $12::jsonb FROM owned o
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
    ],
  );
  return rows.length === 1 ? 'done' : 'fenced';
}

/** One conditional update: from here on the checkpoint may be restored. */
export async function complete(
  manager: EntityManager,
  fence: Fence,
  id: CheckpointId,
  written: { readonly manifestSha256: string; readonly stateRows: number; readonly stateBytes: number },
): Promise<'done' | 'fenced'> {
  const [rows] = await manager.query<[{ batch_id: number }[], number]>(
    `WITH owned AS (SELECT id, timeline FROM jobs WHERE id = $1 AND tenant_id = $2 AND epoch = $3 AND current_run_id = $8 FOR SHARE)
     UPDATE checkpoints c SET status = 'complete', completed_at = now(), manifest_sha256 = $5, state_rows = $6, state_bytes = $7
       FROM owned o
      WHERE c.id = $4 AND c.job_id = o.id AND c.timeline = o.timeline AND c.epoch = $3 AND c.status = 'pending'
      RETURNING c.batch_id`,
    [
      fence.jobId,
      fence.tenantId,
      fence.epoch,
      id,
      written.manifestSha256,
      written.stateRows,
      written.stateBytes,
      fence.runId,
    ],
  );
  const row = rows[0];
  if (row === undefined) return 'fenced';
  await appendEvents(manager, fence, [
    {
      type: 'checkpoint.completed',
      data: { checkpointId: id, batchId: row.batch_id, ...written },
      dedupKey: `checkpoint/${id}`,
    },
  ]);
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
  await tx.update(CheckpointRow, { id, jobId: fence.jobId }, { status: 'corrupt', statusReason: reason });
  // The run's own revision: a newer one may have been deployed while this one restores.
  const { revision } = await tx.findOneByOrFail(RunRow, { id: fence.runId, tenantId: fence.tenantId });
  const decided = await decideFor(tx, job, revision);
  const { candidates, verdict } = decided.decision;
  await tx.update(
    RestoreDecisionRow,
    { runId: fence.runId, tenantId: fence.tenantId },
    { candidates: candidates, verdict: verdict, decidedAt: () => 'now()' },
  );
  await applyStartPoint(tx, job, verdict);
  await appendEvents(tx, fence, [{ type: 'checkpoint.unreadable', data: { checkpointId: id, reason } }]);
  const row = await tx.findOneByOrFail(RestoreDecisionRow, { runId: fence.runId, tenantId: fence.tenantId });
  const current = await tx.findOneByOrFail(JobRow, { id: job.id });
  return { outcome: 'decided', decision: toDecision(row), checkpoint: decided.checkpoint, base: baseOf(current) };
}
