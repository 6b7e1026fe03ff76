import {
  decideRetry,
  ERRORS,
  nextStatus,
  OWNED_STATUSES,
  type ErrorCode,
  type Fence,
  type Job,
  type JobEvent,
  type JobStatus,
  type NewEvent,
  type RetryCause,
  type RunEnd,
  type StartTrigger,
} from '@tidemark/domain';
import { randomInt } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { announceWork, appendEvents, storableText } from '../announce.js';
import { toJob } from '../mapping.js';
import { JobRow, RunRow } from '../rows/index.js';
import { probationOf, speaksAgainst, wayBack } from '../scheduling/probation.js';

/** What a job's row takes on besides its status when a run lets go of it. */
interface Next {
  readonly event: JobEvent;
  /** Follows the first event at once, for a job that is wanted running again. */
  readonly then?: JobEvent;
  readonly code?: string;
  readonly reason?: string;
  readonly trigger?: StartTrigger;
  readonly delayMs?: number;
  readonly events: readonly NewEvent[];
  readonly set?: ReturnType<typeof wayBack> | { readonly attempts: 0 };
}

/** Ends the run and lets go of the job, unless another run has claimed it. */
export async function endRun(tx: EntityManager, fence: Fence, end: RunEnd): Promise<'done' | 'fenced'> {
  const row = await lockOwned(tx, fence);
  if (row === null) {
    await tx.update(
      RunRow,
      { id: fence.runId, status: 'claimed' },
      { status: 'lost', endedAt: () => 'now()', endReason: 'fenced' },
    );
    return 'fenced';
  }
  const { revision } = await tx.findOneByOrFail(RunRow, { id: fence.runId });
  const next =
    startsElsewhere(row, reasonOf(end)) ?? goesBack(row, end, revision) ?? nextOf(toJob(row, undefined), end, revision);
  await tx.update(
    RunRow,
    { id: fence.runId },
    { status: 'ended', endedAt: () => 'now()', endReason: storableText(reasonOf(end)) },
  );
  await letGo(tx, row, next);
  return 'done';
}

/** Moves a job that this run owns; the event must be one that the job's status accepts. */
export async function moveOwnedJob(
  tx: EntityManager,
  fence: Fence,
  event: JobEvent,
  set: { readonly statusCode?: string; readonly statusReason?: string },
): Promise<JobStatus | 'fenced'> {
  const row = await lockOwned(tx, fence);
  if (row === null) return 'fenced';
  const { status } = toJob(row, undefined);
  const moved = nextStatus(status, event) ?? status;
  await tx.update(
    JobRow,
    { id: row.id },
    { ...set, status: moved, statusSince: () => 'now()', version: row.version + 1 },
  );
  return moved;
}

/** Ends a claimed run whose runner is gone, and frees its job if it still owns it: the status that it has then. */
export async function loseClaimedRun(tx: EntityManager, run: RunRow): Promise<JobStatus | undefined> {
  const row = await tx.findOne(JobRow, { where: { id: run.jobId }, lock: { mode: 'for_no_key_update' } });
  const owned = row?.currentRunId === run.id && (OWNED_STATUSES as readonly string[]).includes(row.status);
  if (row !== null && owned) return loseRun(tx, row, run);
  await tx.update(
    RunRow,
    { id: run.id, status: 'claimed' },
    { status: 'lost', endedAt: () => 'now()', endReason: 'runner_lost' },
  );
  return undefined;
}

async function loseRun(tx: EntityManager, row: JobRow, run: RunRow): Promise<JobStatus> {
  await tx.update(RunRow, { id: run.id }, { status: 'lost', endedAt: () => 'now()', endReason: 'runner_lost' });
  const job = toJob(row, undefined);
  const lost: NewEvent = { type: 'run.lost', data: { runId: run.id, runnerId: run.runnerId, epoch: run.epoch } };
  const elsewhere = startsElsewhere(row, 'runner_lost');
  if (elsewhere !== undefined) return letGo(tx, row, { ...elsewhere, events: [lost] });
  const next: Next =
    job.desired === 'cancelled'
      ? { event: 'cancel', events: [lost] }
      : job.desired === 'stopped'
        ? { event: job.status === 'draining' ? 'lose_lease' : 'drained', events: [lost] }
        : { ...retry(job, 'runner_lost', 'crash', lost) };
  return letGo(tx, row, next);
}

/** A revision on probation that has failed is left for the one before; what it has done is taken back. */
function goesBack(row: JobRow, end: RunEnd, revision: number): Next | undefined {
  const probation = probationOf(row, revision);
  if (probation === undefined || row.desired !== 'running' || !speaksAgainst(end)) return undefined;
  const { back } = probation;
  const data = { from: revision, to: back.revision, checkpointId: back.checkpointId, reason: reasonOf(end) };
  return {
    ...{ event: 'drained', then: 'restart', trigger: 'rollback', set: wayBack(probation) },
    events: [{ type: 'revision.rolled_back', data }],
  };
}

/** A job that was ordered to begin somewhere else does so, however the run that had it has ended. */
function startsElsewhere(row: JobRow, reason: string): Next | undefined {
  if (row.startMode === null || row.desired !== 'running') return undefined;
  return { event: 'drained', then: 'restart', events: [{ type: 'job.handed_over', data: { reason } }] };
}

const CANCELLED: Next = { event: 'cancel', events: [{ type: 'job.cancelled', data: {} }] };

/** @param revision the one that the run has run */
function nextOf(job: Job, end: RunEnd, revision: number): Next {
  // What was ordered away stays away, however the run ended meanwhile.
  if (job.desired === 'cancelled') return CANCELLED;
  switch (end.kind) {
    case 'cancelled':
      return CANCELLED;
    case 'drained':
      return drained(job, end.reason);
    case 'finished':
      // What is finished is the revision that ran: a newer one has not begun, and a stop that came meanwhile holds.
      if (job.desired === 'stopped') return drained(job, 'stop');
      if (job.revision !== revision) return drained(job, 'redeploy');
      return { event: 'finish', events: [{ type: 'job.finished', data: {} }] };
    case 'failed':
      return { event: 'fail', code: end.code, reason: end.reason, events: [failedEvent('job.failed', end)] };
    case 'ask':
      return { event: 'ask', code: end.code, reason: end.reason, events: [failedEvent('job.awaiting_decision', end)] };
    case 'unhealthy':
      // Another revision has come meanwhile, or the job is not wanted any more.
      return drained(job, 'redeploy');
    case 'run_again':
      // Each end like this has made the batch one record shorter, and of those there are only so many.
      return job.desired === 'running'
        ? {
            ...{ event: 'drained', then: 'restart', trigger: 'retry', set: { attempts: 0 } },
            events: [failedEvent('job.runs_again', end)],
          }
        : drained(job, 'stop');
    case 'back_off':
      return job.desired === 'running'
        ? {
            code: end.code,
            reason: end.reason,
            // A job that is given up says so instead.
            ...retry(job, causeOf(end.code), 'retry', failedEvent('job.backing_off', end)),
          }
        : drained(job, 'stop');
  }
}

function drained(job: Job, reason: 'stop' | 'redeploy' | 'runner_shutdown'): Next {
  if (job.desired === 'stopped') return { event: 'drained', events: [{ type: 'job.stopped', data: {} }] };
  const trigger = reason === 'redeploy' ? 'redeploy' : 'resume';
  return { event: 'drained', then: 'restart', trigger, events: [{ type: 'job.handed_over', data: { reason } }] };
}

const causeOf = (code: ErrorCode): RetryCause =>
  ERRORS[code].fault === 'external' ? 'outside_unavailable' : 'run_failed';

function retry(job: Job, cause: RetryCause, trigger: StartTrigger, event: NewEvent): Next {
  const decision = decideRetry(cause, job.attempts, randomInt(2 ** 32) / 2 ** 32);
  if (decision.kind === 'give_up') {
    const reason = `It was started ${job.attempts} times without committing a batch.`;
    return {
      event: 'fail',
      code: 'CRASH_LOOP',
      reason,
      events: [event, { type: 'job.failed', data: { code: 'CRASH_LOOP', reason } }],
    };
  }
  const { delayMs } = decision;
  // A job that was draining towards a new revision is still wanted: it starts again like any other.
  const move: JobEvent = cause === 'runner_lost' && delayMs === 0 ? 'lose_lease' : 'back_off';
  const then = job.status === 'draining' && move === 'lose_lease' ? ({ then: 'restart' } as const) : {};
  return {
    event: move,
    ...then,
    trigger,
    delayMs,
    events: [{ ...event, data: { ...event.data, retryInMs: delayMs } }],
  };
}

async function letGo(tx: EntityManager, row: JobRow, next: Next): Promise<JobStatus> {
  const { status } = toJob(row, undefined);
  const first = nextStatus(status, next.event);
  if (first === undefined) throw new Error(`A job that is ${status} cannot take "${next.event}".`);
  const target = next.then === undefined ? first : (nextStatus(first, next.then) ?? first);
  await tx.update(
    JobRow,
    { id: row.id },
    {
      status: target,
      statusSince: () => 'now()',
      statusCode: next.code ?? null,
      statusReason: next.reason === undefined ? null : storableText(next.reason),
      currentRunId: null,
      version: row.version + 1,
      ...next.set,
      ...(next.trigger === undefined ? {} : { startTrigger: next.trigger, startActor: 'scheduler' }),
      retryAt:
        next.delayMs === undefined || next.delayMs === 0 ? null : () => `now() + ${next.delayMs} * interval '1 ms'`,
    },
  );
  await appendEvents(tx, toJobKey(row), next.events);
  await announceWork(tx);
  return target;
}

const lockOwned = (tx: EntityManager, { tenantId, jobId, runId, epoch }: Fence): Promise<JobRow | null> =>
  tx.findOne(JobRow, {
    where: { id: jobId, tenantId, epoch, currentRunId: runId },
    lock: { mode: 'for_no_key_update' },
  });

const toJobKey = (row: JobRow) => {
  const { tenantId, id } = toJob(row, undefined);
  return { tenantId, jobId: id };
};

type Failure = { readonly code: string; readonly reason: string; readonly stack?: string };

const failedEvent = (type: string, { code, reason, stack }: Failure): NewEvent => ({
  type,
  data: { code, reason, ...(stack === undefined ? {} : { stack }) },
});

const reasonOf = (end: RunEnd): string => {
  switch (end.kind) {
    case 'drained':
      return end.reason;
    case 'finished':
    case 'cancelled':
      return end.kind;
    case 'failed':
    case 'run_again':
    case 'back_off':
    case 'unhealthy':
    case 'ask':
      return `${end.code}: ${end.reason}`;
  }
};
