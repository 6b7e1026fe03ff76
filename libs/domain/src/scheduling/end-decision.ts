import type { StartTrigger } from '../checkpoint/restore-decision.js';
import type { StartMode } from '../checkpoint/start-mode.js';
import { ERRORS, type ErrorCode } from '../errors/tidemark-error.js';
import { nextStatus, type JobEvent, type JobStatus } from '../job/job-lifecycle.js';
import type { Job, Run } from '../job/job.js';
import type { Probation } from '../upgrade/health.js';
import { probationOf } from '../upgrade/probation.js';
import { decideRetry, type RetryCause } from './retry.js';
import type { NewEvent, RunEnd } from './run-store.js';

/** How a run lets go of its job: as it says itself, or without a word, because its runner is gone. */
export type LettingGo = RunEnd | { readonly kind: 'runner_lost' };

export interface EndFacts {
  /** The job that the run owns, as it is by now: all of it may have changed since the run began. */
  readonly job: Pick<Job, 'desired' | 'status' | 'revision' | 'attempts'> & {
    /** An order to begin somewhere else that no start has carried out yet. */
    readonly startMode: StartMode | undefined;
    readonly probation: Probation | undefined;
  };
  readonly run: Pick<Run, 'id' | 'runnerId' | 'epoch' | 'revision'>;
  /** Uniform in [0, 1). Asked only where the job is to wait. */
  readonly chance: () => number;
}

/** What becomes of the run and of its job. What is not named stays as it is. */
export interface EndDecision {
  /** What the run's row says of its end. */
  readonly endReason: string;
  readonly status: JobStatus;
  /** Why it is in this status; undefined where there is nothing to say. */
  readonly code: string | undefined;
  readonly reason: string | undefined;
  readonly trigger: StartTrigger | undefined;
  /** Milliseconds that the job waits for its next start; undefined: none. */
  readonly delayMs: number | undefined;
  readonly set: {
    readonly revision?: number;
    readonly attempts?: number;
    readonly startMode?: StartMode;
    readonly probation?: null;
  };
  readonly events: readonly NewEvent[];
}

interface Next {
  readonly event: JobEvent;
  /** Follows the first event at once, for a job that is wanted running again. */
  readonly then?: JobEvent;
  readonly code?: string;
  readonly reason?: string;
  readonly trigger?: StartTrigger;
  readonly delayMs?: number;
  readonly set?: EndDecision['set'];
  readonly events: readonly NewEvent[];
}

/**
 * Pure: decides what the end of a run makes of its job. Asking whether the run still owns it, and writing the answer down,
 * are the caller's work.
 */
export function decideEnd(facts: EndFacts, end: LettingGo): EndDecision {
  const { status } = facts.job;
  const next = startsElsewhere(facts, end) ?? goesBack(facts, end) ?? nextOf(facts, end);
  const first = nextStatus(status, next.event);
  if (first === undefined) throw new Error(`A job that is ${status} cannot take "${next.event}".`);
  return {
    endReason: reasonOf(end),
    status: next.then === undefined ? first : (nextStatus(first, next.then) ?? first),
    code: next.code,
    reason: next.reason,
    trigger: next.trigger,
    delayMs: next.delayMs === 0 ? undefined : next.delayMs,
    set: next.set ?? {},
    events: next.events,
  };
}

/** A job that was ordered to begin somewhere else does so, however the run that had it has ended. */
function startsElsewhere({ job, run }: EndFacts, end: LettingGo): Next | undefined {
  if (job.startMode === undefined || job.desired !== 'running') return undefined;
  const event = end.kind === 'runner_lost' ? lostEvent(run) : handedOver(reasonOf(end));
  return { event: 'drained', then: 'restart', events: [event] };
}

/**
 * A revision on probation that has failed is left for the one before, and what it has done is taken back: bundle,
 * configuration, state and offsets together, on a new timeline.
 */
function goesBack({ job, run }: EndFacts, end: LettingGo): Next | undefined {
  const probation = probationOf(job, run.revision);
  if (probation === undefined || job.desired !== 'running' || !speaksAgainst(end)) return undefined;
  const { revision, checkpointId } = probation.back;
  const data = { from: run.revision, to: revision, checkpointId, reason: reasonOf(end) };
  return {
    ...{ event: 'drained', then: 'restart', trigger: 'rollback' },
    set: { revision, startMode: { mode: 'checkpoint', checkpointId, byItself: true }, attempts: 0, probation: null },
    events: [{ type: 'revision.rolled_back', data }],
  };
}

/** Whether an end says something about the revision, and not about what lies outside. */
const speaksAgainst = (end: LettingGo): boolean =>
  end.kind === 'unhealthy' ||
  ((end.kind === 'failed' || end.kind === 'back_off') && ERRORS[end.code].fault !== 'external');

const CANCELLED: Next = { event: 'cancel', events: [{ type: 'job.cancelled', data: {} }] };

function nextOf(facts: EndFacts, end: LettingGo): Next {
  const { job, run } = facts;
  if (end.kind === 'runner_lost') return afterLoss(facts);
  // What was ordered away stays away, however the run ended meanwhile.
  if (job.desired === 'cancelled') return CANCELLED;
  switch (end.kind) {
    case 'cancelled':
      return CANCELLED;
    case 'drained':
      return drained(facts, end.reason);
    case 'finished':
      // What is finished is the revision that ran: a newer one has not begun, and a stop that came meanwhile holds.
      if (job.desired === 'stopped') return drained(facts, 'stop');
      if (job.revision !== run.revision) return drained(facts, 'redeploy');
      return { event: 'finish', events: [{ type: 'job.finished', data: {} }] };
    case 'failed':
      return {
        event: 'fail',
        code: end.code,
        reason: end.reason,
        events: [{ type: 'job.failed', data: shownFailure(end) }],
      };
    case 'ask':
      // Nobody has to decide now: the next start comes upon it again.
      if (job.desired === 'stopped') return drained(facts, 'stop');
      return {
        event: 'ask',
        code: end.code,
        reason: end.reason,
        events: [{ type: 'job.awaiting_decision', data: shownFailure(end) }],
      };
    case 'unhealthy':
      // Another revision has come meanwhile, or the job is not wanted any more.
      return drained(facts, 'redeploy');
    case 'run_again':
      if (job.desired !== 'running') return drained(facts, 'stop');
      return {
        ...{ event: 'drained', then: 'restart', trigger: 'retry' },
        // Each end like this has made the batch one record shorter, and of those there are only so many.
        set: { attempts: 0 },
        events: [{ type: 'job.runs_again', data: shownFailure(end) }],
      };
    case 'back_off':
      if (job.desired !== 'running') return drained(facts, 'stop');
      return {
        ...{ code: end.code, reason: end.reason },
        // A job that is given up says so instead.
        ...retry(facts, causeOf(end.code), 'retry', { type: 'job.backing_off', data: shownFailure(end) }),
      };
  }
}

function afterLoss(facts: EndFacts): Next {
  const { desired, status } = facts.job;
  const lost = lostEvent(facts.run);
  switch (desired) {
    case 'cancelled':
      return { event: 'cancel', events: [lost] };
    case 'stopped':
      return { event: status === 'draining' ? 'lose_lease' : 'drained', events: [lost] };
    case 'running':
      return retry(facts, 'runner_lost', 'crash', lost);
  }
}

function drained({ job }: EndFacts, reason: Extract<RunEnd, { kind: 'drained' }>['reason']): Next {
  if (job.desired === 'stopped') return { event: 'drained', events: [{ type: 'job.stopped', data: {} }] };
  const trigger = reason === 'redeploy' ? 'redeploy' : 'resume';
  return {
    ...{ event: 'drained', then: 'restart', trigger },
    // A run that lets go in order has not failed. One that fails again and again never comes to it.
    set: { attempts: 0 },
    events: [handedOver(reason)],
  };
}

const causeOf = (code: ErrorCode): RetryCause =>
  ERRORS[code].fault === 'external' ? 'outside_unavailable' : 'run_failed';

function retry({ job, chance }: EndFacts, cause: RetryCause, trigger: StartTrigger, event: NewEvent<Retried>): Next {
  const decision = decideRetry(cause, job.attempts, chance());
  if (decision.kind === 'give_up') {
    const reason = `It was started ${job.attempts} times without committing a batch.`;
    const failed: NewEvent = { type: 'job.failed', data: { code: 'CRASH_LOOP', reason } };
    return { event: 'fail', code: 'CRASH_LOOP', reason, events: [event, failed] };
  }
  const { delayMs } = decision;
  // A job that was draining towards a new revision is still wanted: it starts again like any other.
  const move: JobEvent = cause === 'runner_lost' && delayMs === 0 ? 'lose_lease' : 'back_off';
  const then = job.status === 'draining' && move === 'lose_lease' ? ({ then: 'restart' } as const) : {};
  const events = [{ ...event, data: { ...event.data, retryInMs: delayMs } }];
  return { event: move, ...then, trigger, delayMs, events };
}

const lostEvent = ({ id, runnerId, epoch }: EndFacts['run']): NewEvent<'run.lost'> => ({
  type: 'run.lost',
  data: { runId: id, runnerId, epoch },
});

const handedOver = (reason: string): NewEvent => ({ type: 'job.handed_over', data: { reason } });

type Failure = { readonly code: string; readonly reason: string; readonly stack?: string };

/** An event that tells when the job is started again. */
type Retried = 'run.lost' | 'job.backing_off';

const shownFailure = ({ code, reason, stack }: Failure) => ({
  ...{ code, reason },
  ...(stack === undefined ? {} : { stack }),
});

function reasonOf(end: LettingGo): string {
  switch (end.kind) {
    case 'drained':
      return end.reason;
    case 'finished':
    case 'cancelled':
    case 'runner_lost':
      return end.kind;
    case 'failed':
    case 'run_again':
    case 'back_off':
    case 'unhealthy':
    case 'ask':
      return `${end.code}: ${end.reason}`;
  }
}
