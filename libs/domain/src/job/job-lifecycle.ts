/** Every target must itself be a state of the same table. */
const defineLifecycle = <const T extends { readonly [S in keyof T]: { readonly [event: string]: keyof T } }>(
  table: T,
): T => table;

/**
 * The life of a job. This table is the specification: code, diagram and tests all read it.
 *
 * What a user wants is kept apart, as the job's desired state; the status is what was observed last.
 */
export const JOB_LIFECYCLE = defineLifecycle({
  submitted: { admit: 'scheduled', ask: 'awaiting_decision', stop: 'stopped', fail: 'failed', cancel: 'cancelled' },
  scheduled: { claim: 'restoring', stop: 'stopped', fail: 'failed', cancel: 'cancelled', ask: 'awaiting_decision' },
  restoring: {
    restored: 'running',
    lose_lease: 'scheduled',
    back_off: 'backing_off',
    ask: 'awaiting_decision',
    drained: 'stopped',
    fail: 'failed',
    cancel: 'cancelled',
  },
  running: {
    drain: 'draining',
    lose_lease: 'scheduled',
    back_off: 'backing_off',
    finish: 'finished',
    drained: 'stopped',
    ask: 'awaiting_decision',
    fail: 'failed',
    cancel: 'cancelled',
  },
  // A runner that dies while draining leaves a plan open; the next start runs it again, so "stopped" is true at once.
  draining: {
    drained: 'stopped',
    lose_lease: 'stopped',
    back_off: 'backing_off',
    ask: 'awaiting_decision',
    fail: 'failed',
    cancel: 'cancelled',
  },
  backing_off: {
    retry_due: 'scheduled',
    stop: 'stopped',
    ask: 'awaiting_decision',
    fail: 'failed',
    cancel: 'cancelled',
  },
  awaiting_decision: { restart: 'scheduled', stop: 'stopped', fail: 'failed', cancel: 'cancelled' },
  stopped: { restart: 'scheduled', ask: 'awaiting_decision', fail: 'failed', cancel: 'cancelled' },
  finished: { restart: 'scheduled', ask: 'awaiting_decision', cancel: 'cancelled' },
  failed: { restart: 'scheduled', ask: 'awaiting_decision', cancel: 'cancelled' },
  cancelled: {},
});

type Lifecycle = typeof JOB_LIFECYCLE;
export type JobStatus = keyof Lifecycle;
export type JobEvent = { [S in JobStatus]: keyof Lifecycle[S] }[JobStatus];

export const JOB_STATUSES = Object.keys(JOB_LIFECYCLE) as readonly JobStatus[];

type StartupAction = 'enqueue' | 'wait_for_lease_expiry' | 'leave';

/**
 * What the scheduler does with a job that is wanted running and that it finds in each state, at start and ever after.
 * A new state does not compile until this question is answered for it.
 */
export const RECONCILE_WANTED_RUNNING = {
  submitted: 'enqueue',
  scheduled: 'enqueue',
  restoring: 'wait_for_lease_expiry',
  running: 'wait_for_lease_expiry',
  draining: 'wait_for_lease_expiry',
  backing_off: 'enqueue',
  awaiting_decision: 'leave',
  stopped: 'enqueue',
  finished: 'leave',
  failed: 'leave',
  cancelled: 'leave',
} as const satisfies Record<JobStatus, StartupAction>;

type EnqueuedStatus = {
  [S in JobStatus]: (typeof RECONCILE_WANTED_RUNNING)[S] extends 'enqueue' ? S : never;
}[JobStatus];

/** The move by which a job is given a run. One that has lost its run was scheduled by that already. */
const GIVEN_A_RUN = {
  submitted: 'admit',
  scheduled: undefined,
  backing_off: 'retry_due',
  stopped: 'restart',
} as const satisfies { readonly [S in EnqueuedStatus]: keyof Lifecycle[S] | undefined };

/** The state of a job that is given a run, or undefined where it is not one to be enqueued. */
export function statusWithRun(status: JobStatus): JobStatus | undefined {
  if (!(status in GIVEN_A_RUN)) return undefined;
  const move = GIVEN_A_RUN[status as EnqueuedStatus];
  return move === undefined ? status : nextStatus(status, move);
}

/** The states in which a runner owns the job. */
export const OWNED_STATUSES = ['restoring', 'running', 'draining'] as const satisfies readonly JobStatus[];

/** The state after `event`, or undefined where the table has no such move. */
export function nextStatus(status: JobStatus, event: JobEvent): JobStatus | undefined {
  const targets: { readonly [E in JobEvent]?: JobStatus } = JOB_LIFECYCLE[status];
  return targets[event];
}

/** Every state from which `event` leads somewhere: the `WHERE status IN (…)` of a conditional update. */
export function statusesAccepting(event: JobEvent): readonly JobStatus[] {
  return JOB_STATUSES.filter((status) => nextStatus(status, event) !== undefined);
}
