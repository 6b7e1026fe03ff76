import { describe, expect, it } from 'vitest';
import { DESIRED_STATES } from './job.js';
import {
  JOB_LIFECYCLE,
  JOB_STATUSES,
  nextStatus,
  OWNED_STATUSES,
  RECONCILE_WANTED_RUNNING,
  statusesAccepting,
  statusWithRun,
  type JobStatus,
} from './job-lifecycle.js';
import { decideOrder, JOB_ORDERS } from './job-order.js';

const owned = (status: JobStatus): boolean => (OWNED_STATUSES as readonly JobStatus[]).includes(status);

describe('the life of a job', () => {
  it('can be ended by its owner from every state but the last', () => {
    const final = JOB_STATUSES.filter((status) => Object.keys(JOB_LIFECYCLE[status]).length === 0);
    expect(final).toEqual(['cancelled']);
    expect(statusesAccepting('cancel')).toEqual(JOB_STATUSES.filter((status) => status !== 'cancelled'));
  });

  it('reaches every state from the first', () => {
    const reached = new Set<JobStatus>(['submitted']);
    for (const status of reached)
      for (const target of Object.values<JobStatus>(JOB_LIFECYCLE[status])) reached.add(target);
    expect([...reached].sort()).toEqual([...JOB_STATUSES].sort());
  });

  it('is owned by a runner only after a claim, and a runner that is lost gives it back', () => {
    for (const status of OWNED_STATUSES) expect(owned(nextStatus(status, 'lose_lease') ?? status)).toBe(false);
    const intoOwned = JOB_STATUSES.filter((status) => !owned(status)).flatMap((status) =>
      Object.entries(JOB_LIFECYCLE[status])
        .filter(([, target]) => owned(target))
        .map(([event]) => event),
    );
    expect(new Set(intoOwned)).toEqual(new Set(['claim']));
  });

  it('is given a run from wherever the scheduler enqueues it, and can be claimed then', () => {
    for (const status of JOB_STATUSES) {
      const withRun = statusWithRun(status);
      expect(withRun !== undefined && nextStatus(withRun, 'claim') !== undefined, status).toBe(
        RECONCILE_WANTED_RUNNING[status] === 'enqueue',
      );
    }
  });
});

describe('an order of the owner', () => {
  it('leaves a job that a runner owns to that runner', () => {
    for (const status of OWNED_STATUSES) {
      expect(decideOrder({ desired: 'running', status }, 'stop')).toEqual({
        kind: 'change',
        desired: 'stopped',
        event: undefined,
      });
    }
  });

  it('moves any other job at once', () => {
    expect(decideOrder({ desired: 'running', status: 'backing_off' }, 'stop')).toMatchObject({ event: 'stop' });
    expect(decideOrder({ desired: 'running', status: 'failed' }, 'start')).toMatchObject({ event: 'restart' });
    expect(decideOrder({ desired: 'stopped', status: 'stopped' }, 'cancel')).toMatchObject({ event: 'cancel' });
  });

  it('that was carried out before changes nothing', () => {
    expect(decideOrder({ desired: 'running', status: 'running' }, 'start')).toEqual({ kind: 'as_it_is' });
    expect(decideOrder({ desired: 'stopped', status: 'stopped' }, 'stop')).toEqual({ kind: 'as_it_is' });
    expect(decideOrder({ desired: 'cancelled', status: 'cancelled' }, 'cancel')).toEqual({ kind: 'as_it_is' });
  });

  it('cannot call back what was cancelled', () => {
    for (const status of JOB_STATUSES) {
      for (const order of ['start', 'stop'] as const) {
        expect(decideOrder({ desired: 'cancelled', status }, order)).toMatchObject({ kind: 'refused' });
      }
    }
  });

  it('makes only moves that the table has', () => {
    for (const status of JOB_STATUSES) {
      for (const desired of DESIRED_STATES) {
        for (const order of JOB_ORDERS) {
          const decision = decideOrder({ desired, status }, order);
          if (decision.kind === 'change' && decision.event !== undefined) {
            expect(nextStatus(status, decision.event)).toBeDefined();
          }
        }
      }
    }
  });
});
