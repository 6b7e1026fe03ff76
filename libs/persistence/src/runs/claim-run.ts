import {
  JOB_LIFECYCLE,
  probationOf,
  statusesAccepting,
  TidemarkError,
  type ClaimedRun,
  type JobId,
  type RunId,
  type RunnerId,
  type TenantId,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { appendEvents } from '../announce.js';
import { probationKept, toCheckpoint, toDecision, toRevision } from '../mapping.js';
import { CheckpointRow, JobRow, RestoreDecisionRow, RunRow, TenantRow } from '../rows/index.js';
import { progressOf } from '../recovery/regression.js';
import { baseForRun } from '../scheduling/read-before.js';
import { revisionOf } from '../scheduling/restore-facts.js';

/**
 * Raises the job's epoch for this run. A late or doubled queue message finds that the run is no longer queued, is no
 * longer the job's, or that the job is not wanted running, and takes nothing.
 */
export async function claimRun(tx: EntityManager, runId: RunId, runnerId: RunnerId): Promise<ClaimedRun | undefined> {
  const queued = await tx.findOneBy(RunRow, { id: runId, status: 'queued' });
  if (queued === null) return undefined;
  const [claimed] = await tx.query<[{ epoch: number }[], number]>(
    `UPDATE jobs j SET epoch = j.epoch + 1, status = $4, status_since = now(), version = j.version + 1,
            attempts = j.attempts + 1, status_code = NULL, status_reason = NULL
       FROM runners w
      WHERE j.id = $1 AND j.current_run_id = $2 AND j.desired = 'running' AND j.status = ANY($5)
        AND w.id = $3 AND w.status = 'alive'
      RETURNING j.epoch`,
    [queued.jobId, runId, runnerId, JOB_LIFECYCLE.scheduled.claim, statusesAccepting('claim')],
  );
  const epoch = claimed[0]?.epoch;
  if (epoch === undefined) return undefined;
  await tx.update(RunRow, { id: runId }, { status: 'claimed', runnerId, epoch, claimedAt: () => 'now()' });

  const job = await tx.findOneByOrFail(JobRow, { id: queued.jobId });
  const tenant = await tx.findOneByOrFail(TenantRow, { id: job.tenantId });
  const { row: revision, manifest } = await revisionOf(tx, job, queued.revision);
  const decision = toDecision(await tx.findOneByOrFail(RestoreDecisionRow, { runId, tenantId: job.tenantId }));
  const fence = { tenantId: job.tenantId as TenantId, jobId: job.id as JobId, runId, epoch };
  await appendEvents(tx, fence, [{ type: 'run.claimed', data: { runId, runnerId, epoch, revision: queued.revision } }]);
  return {
    fence,
    tenantName: tenant.name,
    jobName: job.name,
    revision: toRevision(revision),
    manifest,
    decision,
    checkpoint: await chosenCheckpoint(tx, job, decision),
    base: await baseForRun(tx, job, manifest),
    progress: progressOf(job),
    probation: probationOf({ revision: job.revision, probation: probationKept(job) }, queued.revision),
    savepoint: job.savepointWanted ?? undefined,
    redrive: job.redriveWanted,
    trace: queued.trace ?? undefined,
  };
}

async function chosenCheckpoint(
  tx: EntityManager,
  job: JobRow,
  { verdict }: ClaimedRun['decision'],
): Promise<ClaimedRun['checkpoint']> {
  if (verdict.outcome !== 'start' || verdict.from.kind !== 'checkpoint') return undefined;
  if (verdict.from.withoutState === true) return undefined;
  const id = verdict.from.checkpointId;
  const row = await tx.findOneBy(CheckpointRow, { id, tenantId: job.tenantId });
  if (row === null) throw new TidemarkError('checkpoint_unreadable', { path: id, reason: 'its row is gone' });
  return toCheckpoint(row);
}
