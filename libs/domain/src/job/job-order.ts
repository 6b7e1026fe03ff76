import type { DesiredState } from './job.js';
import { nextStatus, OWNED_STATUSES, type JobEvent, type JobStatus } from './job-lifecycle.js';

export const JOB_ORDERS = ['start', 'stop', 'cancel'] as const;
export type JobOrder = (typeof JOB_ORDERS)[number];

export type OrderDecision =
  | {
      readonly kind: 'change';
      readonly desired: DesiredState;
      /** The move to make at once; undefined where the runner that owns the job makes it. */
      readonly event: JobEvent | undefined;
    }
  | { readonly kind: 'as_it_is' }
  | { readonly kind: 'refused'; readonly event: JobEvent };

const WANTED = { start: 'running', stop: 'stopped', cancel: 'cancelled' } as const satisfies Record<
  JobOrder,
  DesiredState
>;
const EVENT = { start: 'restart', stop: 'stop', cancel: 'cancel' } as const satisfies Record<JobOrder, JobEvent>;

/** Pure: what an order of the job's owner changes. A job that a runner owns is moved by that runner. */
export function decideOrder(
  job: { readonly desired: DesiredState; readonly status: JobStatus },
  order: JobOrder,
): OrderDecision {
  const desired = WANTED[order];
  const event = EVENT[order];
  if (job.status === 'cancelled') return order === 'cancel' ? { kind: 'as_it_is' } : { kind: 'refused', event };
  // What was ordered away cannot be called back: the runner may have killed it already.
  if (job.desired === 'cancelled' && order !== 'cancel') return { kind: 'refused', event };
  const owned = (OWNED_STATUSES as readonly JobStatus[]).includes(job.status);
  const move = owned || nextStatus(job.status, event) === undefined ? undefined : event;
  if (move === undefined && job.desired === desired) return { kind: 'as_it_is' };
  return { kind: 'change', desired, event: move };
}
