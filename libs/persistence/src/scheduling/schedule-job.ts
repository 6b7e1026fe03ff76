import {
  nextStatus,
  RECONCILE_WANTED_RUNNING,
  statusWithRun,
  type IdSource,
  type JobId,
  type RestoreVerdict,
  type RunId,
  type RunMessage,
  type ScheduleOutcome,
  type TenantId,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { announceWork, appendEvents } from '../announce.js';
import { toJob } from '../mapping.js';
import { JobRow, OutboxRow, RestoreDecisionRow, RunRow, TOPICS } from '../rows/index.js';
import { holdRegressed, leaveRegression } from '../recovery/regression.js';
import { beginProbation } from './probation.js';
import { settleRollback } from './pending-rollback.js';
import { decideFor } from './restore-facts.js';
import { applyStartPoint } from './start-point.js';

const ENQUEUED_STATUSES = Object.entries(RECONCILE_WANTED_RUNNING)
  .filter(([, action]) => action === 'enqueue')
  .map(([status]) => status);

/** The job that has been due the longest, locked; null when none is, or others have them. */
export function takeDueJob(tx: EntityManager, except: readonly JobId[]): Promise<JobRow | null> {
  return tx
    .createQueryBuilder(JobRow, 'j')
    .where(`j.desired = 'running' AND j.status = ANY(:statuses)`, { statuses: ENQUEUED_STATUSES })
    .andWhere('j.current_run_id IS NULL AND (j.retry_at IS NULL OR j.retry_at <= now())')
    .andWhere('j.id <> ALL(:except)', { except })
    .orderBy('greatest(j.status_since, j.retry_at)', 'ASC')
    .limit(1)
    .setLock('for_no_key_update')
    .setOnLocked('skip_locked')
    .getOne();
}

/** Decides the start of a locked job, and writes decision, run and announcement in this transaction. */
export async function scheduleJob(tx: EntityManager, row: JobRow, ids: IdSource): Promise<ScheduleOutcome> {
  const jobId = row.id as JobId;
  const tenantId = row.tenantId as TenantId;
  if (await holdRegressed(tx, row)) return { outcome: 'held', jobId, status: 'awaiting_decision' };
  const decided = await decideFor(tx, row, row.revision);
  const { verdict, candidates } = decided.decision;
  const runId = ids.next('run');
  await tx.insert(RestoreDecisionRow, {
    id: ids.next('decision'),
    tenantId,
    jobId,
    runId,
    trigger: decided.trigger,
    policy: decided.policy,
    candidates: candidates as unknown as object,
    verdict: verdict as object,
    actor: row.startActor,
  });
  await settleRollback(tx, row, verdict);
  // Whatever it came to: an order to start somewhere else holds for one start.
  if (row.startMode !== null) await tx.update(JobRow, { id: row.id }, { startMode: null });
  if (verdict.outcome !== 'start') return hold(tx, row, verdict);

  await applyStartPoint(tx, row, verdict, decided.checkpoint);
  await leaveRegression(tx, row);
  await beginProbation(tx, row, decided);
  await queueRun(tx, row, runId);
  const { reasonCode, from } = verdict;
  await appendEvents(tx, { tenantId, jobId }, [
    { type: 'job.scheduled', data: { runId, revision: row.revision, trigger: decided.trigger, reasonCode, from } },
  ]);
  await announceWork(tx);
  return { outcome: 'scheduled', jobId, runId, trigger: decided.trigger };
}

async function queueRun(tx: EntityManager, row: JobRow, runId: RunId): Promise<void> {
  const { id: jobId, tenantId, status } = toJob(row, undefined);
  const { revision, trace } = row;
  const queued = statusWithRun(status);
  if (queued === undefined) throw new Error(`A job that is ${status} cannot be given a run.`);
  await tx.insert(RunRow, { id: runId, tenantId, jobId, revision, status: 'queued', trace });
  await tx.update(
    JobRow,
    { id: jobId },
    {
      status: queued,
      statusSince: () => 'now()',
      statusCode: null,
      statusReason: null,
      currentRunId: runId,
      retryAt: null,
      version: row.version + 1,
    },
  );
  const message: RunMessage = { tenantId, jobId, runId, ...(trace === null ? {} : { traceparent: trace }) };
  await tx.insert(OutboxRow, { topic: TOPICS.runStart, payload: message as object });
}

async function hold(
  tx: EntityManager,
  row: JobRow,
  verdict: Exclude<RestoreVerdict, { outcome: 'start' }>,
): Promise<ScheduleOutcome> {
  const { status, id: jobId, tenantId } = toJob(row, undefined);
  const event = verdict.outcome === 'ask' ? 'ask' : 'fail';
  const held = nextStatus(status, event);
  if (held !== 'awaiting_decision' && held !== 'failed')
    throw new Error(`A job that is ${status} cannot take "${event}".`);
  await tx.update(
    JobRow,
    { id: row.id },
    {
      status: held,
      statusSince: () => 'now()',
      statusCode: verdict.reasonCode,
      statusReason: verdict.reason,
      version: row.version + 1,
    },
  );
  const { reasonCode, reason } = verdict;
  await appendEvents(tx, { tenantId, jobId }, [{ type: `job.${held}`, data: { code: reasonCode, reason } }]);
  return { outcome: 'held', jobId, status: held };
}
