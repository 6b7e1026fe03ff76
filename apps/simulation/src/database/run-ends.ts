import {
  decideRetry,
  ERRORS,
  nextStatus,
  OWNED_STATUSES,
  type ErrorCode,
  type Fence,
  type JobEvent,
  type JobStatus,
  type Probation,
  type RetryCause,
  type RunEnd,
  type StartMode,
  type StartTrigger,
} from '@tidemark/domain';
import type { Database } from './database.js';
import type { JobRow, RunRow } from './tables.js';

interface Next {
  readonly event: JobEvent;
  readonly then?: JobEvent;
  readonly trigger?: StartTrigger;
  readonly delayMs?: number;
  readonly set?: Partial<JobRow>;
}

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
  database.watch.ended?.(job, fence, end);
  const next =
    startsElsewhere(job) ?? goesBack(job, end, run.revision) ?? nextOf(job, end, run.revision, database.chance);
  run.status = 'ended';
  letGo(database, job, next);
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
  const owned = job?.currentRunId === run.id && isOwned(job.status);
  if (run.status === 'claimed') run.status = 'lost';
  if (job === undefined || !owned) return undefined;
  letGo(database, job, startsElsewhere(job) ?? afterLoss(job, database.chance));
  return job.status;
}

function afterLoss(job: JobRow, chance: () => number): Next {
  if (job.desired === 'cancelled') return { event: 'cancel' };
  if (job.desired === 'stopped') return { event: job.status === 'draining' ? 'lose_lease' : 'drained' };
  return retry(job, 'runner_lost', 'crash', chance);
}

export function probationOf({ probation, revision }: JobRow, ofRun: number): Probation | undefined {
  return probation?.revision === ofRun && revision === ofRun ? probation : undefined;
}

function goesBack(job: JobRow, end: RunEnd, revision: number): Next | undefined {
  const probation = probationOf(job, revision);
  const speaksAgainst =
    end.kind === 'unhealthy' ||
    ((end.kind === 'failed' || end.kind === 'back_off') && ERRORS[end.code].fault !== 'external');
  if (probation === undefined || job.desired !== 'running' || !speaksAgainst) return undefined;
  const { back } = probation;
  const startMode: StartMode = { mode: 'checkpoint', checkpointId: back.checkpointId };
  const set = { revision: back.revision, startMode, attempts: 0, probation: null };
  return { event: 'drained', then: 'restart', trigger: 'rollback', set };
}

function startsElsewhere(job: JobRow): Next | undefined {
  if (job.startMode === null || job.desired !== 'running') return undefined;
  return { event: 'drained', then: 'restart' };
}

function nextOf(job: JobRow, end: RunEnd, revision: number, chance: () => number): Next {
  if (job.desired === 'cancelled') return { event: 'cancel' };
  switch (end.kind) {
    case 'cancelled':
      return { event: 'cancel' };
    case 'drained':
      return drained(job, end.reason);
    case 'finished':
      if (job.desired === 'stopped') return drained(job, 'stop');
      return job.revision === revision ? { event: 'finish' } : drained(job, 'redeploy');
    case 'failed':
      return { event: 'fail' };
    case 'ask':
      return { event: 'ask' };
    case 'unhealthy':
      return drained(job, 'redeploy');
    case 'run_again':
      throw new Error('A batch was to be run again without a record.');
    case 'back_off':
      return job.desired === 'running' ? retry(job, causeOf(end.code), 'retry', chance) : drained(job, 'stop');
  }
}

function drained(job: JobRow, reason: 'stop' | 'redeploy' | 'runner_shutdown'): Next {
  if (job.desired === 'stopped') return { event: 'drained' };
  return { event: 'drained', then: 'restart', trigger: reason === 'redeploy' ? 'redeploy' : 'resume' };
}

const causeOf = (code: ErrorCode): RetryCause =>
  ERRORS[code].fault === 'external' ? 'outside_unavailable' : 'run_failed';

function retry(job: JobRow, cause: RetryCause, trigger: StartTrigger, chance: () => number): Next {
  const decision = decideRetry(cause, job.attempts, chance());
  if (decision.kind === 'give_up') return { event: 'fail' };
  const { delayMs } = decision;
  const event: JobEvent = cause === 'runner_lost' && delayMs === 0 ? 'lose_lease' : 'back_off';
  const then = job.status === 'draining' && event === 'lose_lease' ? ({ then: 'restart' } as const) : {};
  return { event, ...then, trigger, delayMs };
}

function letGo(database: Database, job: JobRow, next: Next): void {
  const first = nextStatus(job.status, next.event);
  if (first === undefined) throw new Error(`A job that is ${job.status} cannot take "${next.event}".`);
  job.status = next.then === undefined ? first : (nextStatus(first, next.then) ?? first);
  job.statusSinceMs = database.nowMs();
  job.currentRunId = null;
  Object.assign(job, next.set);
  if (next.trigger !== undefined) job.startTrigger = next.trigger;
  job.retryAtMs = next.delayMs === undefined || next.delayMs === 0 ? null : database.nowMs() + next.delayMs;
}
