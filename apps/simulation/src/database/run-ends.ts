import {
  decideEnd,
  nextStatus,
  OWNED_STATUSES,
  type EndDecision,
  type EndFacts,
  type Fence,
  type JobEvent,
  type JobStatus,
  type RunEnd,
} from '@tidemark/domain';
import type { Database } from './database.js';
import type { JobRow, RunRow } from './tables.js';

export const isOwned = (status: JobStatus): boolean => (OWNED_STATUSES as readonly JobStatus[]).includes(status);

/** The job of this fence, if its run still owns it. */
export function ownedBy({ tables, rules }: Database, { tenantId, jobId, runId, epoch }: Fence): JobRow | undefined {
  const row = tables.jobs.get(jobId);
  const isOwn = row?.epoch === epoch && row.currentRunId === runId;
  return isOwn && (row.tenantId === tenantId || !rules.fenceAsksTenant) ? row : undefined;
}

export function endRun(database: Database, fence: Fence, end: RunEnd): 'done' | 'fenced' {
  const job = ownedBy(database, fence);
  const run = database.tables.runs.get(fence.runId);
  if (run === undefined) throw new Error(`There is no run ${fence.runId}.`);
  if (job === undefined) {
    if (run.status === 'claimed') run.status = 'lost';
    return 'fenced';
  }
  if (end.kind === 'run_again') throw new Error('A batch was to be run again without a record.');
  database.watch.ended?.(job, fence, end);
  const decision = decideEnd(factsOf(database, job, run), end);
  run.status = 'ended';
  letGo(database, job, decision);
  return 'done';
}

export function moveOwnedJob(database: Database, fence: Fence, event: JobEvent): 'done' | 'fenced' {
  const job = ownedBy(database, fence);
  if (job === undefined) return 'fenced';
  job.status = nextStatus(job.status, event) ?? job.status;
  job.statusSinceMs = database.nowMs();
  return 'done';
}

/** Ends a claimed run whose runner is gone, and frees its job if it still owns it: the status that it has then. */
export function loseClaimedRun(database: Database, run: RunRow): JobStatus | undefined {
  const job = database.tables.jobs.get(run.jobId);
  if (run.status === 'claimed') run.status = 'lost';
  if (job?.currentRunId !== run.id || !isOwned(job.status)) return undefined;
  letGo(database, job, decideEnd(factsOf(database, job, run), { kind: 'runner_lost' }));
  return job.status;
}

const factsOf = ({ chance }: Database, job: JobRow, run: RunRow): EndFacts => ({
  job: { ...job, startMode: job.startMode ?? undefined, probation: job.probation ?? undefined },
  run: { ...run, runnerId: run.runnerId ?? undefined, epoch: run.epoch ?? undefined },
  chance,
});

/** Events, and what the status is said to be for, decide nothing. */
function letGo({ nowMs, watch }: Database, job: JobRow, { status, trigger, delayMs, set }: EndDecision): void {
  Object.assign(job, { status, statusSinceMs: nowMs(), currentRunId: null, ...set });
  if (trigger !== undefined) job.startTrigger = trigger;
  job.retryAtMs = delayMs === undefined ? null : nowMs() + delayMs;
  if (set.startMode?.mode === 'checkpoint') watch.wentBack?.(job, set.startMode.checkpointId);
}
