import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CheckpointId, RunId, RunnerId } from '../ids.js';
import { JOB_STATUSES, nextStatus, OWNED_STATUSES, RECONCILE_WANTED_RUNNING } from '../job/job-lifecycle.js';
import { DESIRED_STATES } from '../job/job.js';
import { DEFAULT_HEALTH, healthLimits, type Probation } from '../upgrade/health.js';
import { decideEnd, type EndFacts, type LettingGo } from './end-decision.js';
import { ATTEMPTS_MAX } from './retry.js';

const RUN: EndFacts['run'] = { id: 'run-1' as RunId, runnerId: 'runner-1' as RunnerId, epoch: 4, revision: 2 };

const KEPT = 'checkpoint-of-1' as CheckpointId;
const ON_PROBATION: Probation = {
  revision: 2,
  limits: healthLimits(DEFAULT_HEALTH),
  before: undefined,
  stateRows: 1,
  back: { revision: 1, checkpointId: KEPT },
};

/** A running job whose run lets go of it, with half of all chance. */
const facts = (job: Partial<EndFacts['job']> = {}): EndFacts => ({
  job: {
    ...{ desired: 'running', status: 'running', revision: 2, attempts: 1 },
    ...{ startMode: undefined, probation: undefined },
    ...job,
  },
  run: RUN,
  chance: () => 0.5,
});

const OUR_FAULT = { code: 'internal_fault', reason: 'ours' } as const;
const OUTSIDE = { code: 'sink_unavailable', reason: 'it is down' } as const;

/** Ends that say of the revision that it is bad. */
const AGAINST: readonly LettingGo[] = [
  { kind: 'unhealthy', code: 'revision_unhealthy', reason: 'it is slow' },
  { kind: 'failed', ...OUR_FAULT },
  { kind: 'back_off', ...OUR_FAULT },
];

/** Every kind there is: a new one does not compile until it is here. */
const ENDS: readonly LettingGo[] = Object.values<readonly LettingGo[]>({
  drained: [
    { kind: 'drained', reason: 'stop' },
    { kind: 'drained', reason: 'redeploy' },
    { kind: 'drained', reason: 'runner_shutdown' },
  ],
  finished: [{ kind: 'finished' }],
  cancelled: [{ kind: 'cancelled' }],
  failed: [
    { kind: 'failed', ...OUR_FAULT },
    { kind: 'failed', ...OUTSIDE },
  ],
  back_off: [
    { kind: 'back_off', ...OUR_FAULT },
    { kind: 'back_off', ...OUTSIDE },
  ],
  run_again: [{ kind: 'run_again', code: 'job_code_threw', reason: 'without one' }],
  unhealthy: [{ kind: 'unhealthy', code: 'revision_unhealthy', reason: 'it is slow' }],
  ask: [{ kind: 'ask', code: 'offsets_expired', reason: 'gone' }],
  runner_lost: [{ kind: 'runner_lost' }],
} satisfies { readonly [K in LettingGo['kind']]: readonly LettingGo[] }).flat();

const types = ({ events }: ReturnType<typeof decideEnd>) => events.map(({ type }) => type);

describe('a job whose run lets go of it', () => {
  it('is owned by nobody then, wherever it was and whatever is wanted', () => {
    const anEnd = fc.record({
      end: fc.constantFrom(...ENDS),
      status: fc.constantFrom(...OWNED_STATUSES),
      desired: fc.constantFrom(...DESIRED_STATES),
      revision: fc.constantFrom(2, 3),
      attempts: fc.integer({ min: 1, max: 2 * ATTEMPTS_MAX }),
      startMode: fc.constantFrom(undefined, { mode: 'offsets-only' } as const),
      probation: fc.constantFrom(undefined, ON_PROBATION),
    });
    fc.assert(
      fc.property(anEnd, ({ end, ...job }) => {
        // All of its input is done only once it runs.
        fc.pre(end.kind !== 'finished' || job.status === 'running');
        const { status, delayMs } = decideEnd(facts(job), end);
        expect(OWNED_STATUSES).not.toContain(status);
        expect(delayMs).not.toBe(0);
        if (job.desired === 'running') return;
        // What is not wanted rests: a start that it keeps for later is one that somebody asks for.
        expect(job.desired === 'cancelled' ? ['cancelled'] : ['stopped', 'failed', 'cancelled']).toContain(status);
      }),
    );
  });

  it('goes on as soon as it can where it is still wanted, with the reason of its next start', () => {
    const triggers = [
      [{ kind: 'drained', reason: 'redeploy' }, 'redeploy'],
      [{ kind: 'drained', reason: 'runner_shutdown' }, 'resume'],
      // It was stopped and started again meanwhile.
      [{ kind: 'drained', reason: 'stop' }, 'resume'],
    ] as const;
    for (const [end, trigger] of triggers) {
      const decision = decideEnd(facts({ status: 'draining' }), end);
      expect(decision).toMatchObject({ status: 'scheduled', trigger, delayMs: undefined, endReason: end.reason });
      expect(decision.events).toEqual([{ type: 'job.handed_over', data: { reason: end.reason } }]);
    }
  });

  it('has not failed when it lets go in order: it is started again after a loss, however often that was before', () => {
    const { set } = decideEnd(facts({ attempts: ATTEMPTS_MAX }), { kind: 'drained', reason: 'runner_shutdown' });
    const { attempts = ATTEMPTS_MAX } = set;
    const lost = decideEnd(facts({ attempts: attempts + 1 }), { kind: 'runner_lost' });
    expect(lost).toMatchObject({ status: 'scheduled', trigger: 'crash', delayMs: undefined });
  });

  it('stays away when it was ordered away meanwhile, however the run ended', () => {
    for (const end of ENDS) {
      const cancelled = decideEnd(facts({ desired: 'cancelled', probation: ON_PROBATION }), end);
      expect(cancelled, end.kind).toMatchObject({ status: 'cancelled', code: undefined, delayMs: undefined });
    }
    for (const end of ENDS.filter(({ kind }) => !['failed', 'cancelled'].includes(kind))) {
      expect(decideEnd(facts({ desired: 'stopped', probation: ON_PROBATION }), end).status, end.kind).toBe('stopped');
    }
  });

  it('is finished when the revision that ran is the one that is wanted', () => {
    expect(decideEnd(facts(), { kind: 'finished' })).toMatchObject({ status: 'finished', trigger: undefined });
    const redeployed = decideEnd(facts({ revision: 3 }), { kind: 'finished' });
    expect(redeployed).toMatchObject({ status: 'scheduled', trigger: 'redeploy' });
  });

  it('says why it has failed or asks, with what the error knows', () => {
    const stack = 'at line 1';
    const failed = decideEnd(facts(), { kind: 'failed', ...OUR_FAULT, stack });
    expect(failed).toMatchObject({ status: 'failed', ...OUR_FAULT, endReason: 'internal_fault: ours' });
    expect(failed.events).toEqual([{ type: 'job.failed', data: { ...OUR_FAULT, stack } }]);

    const asks = decideEnd(facts(), { kind: 'ask', code: 'offsets_expired', reason: 'gone' });
    expect(asks).toMatchObject({ status: 'awaiting_decision', code: 'offsets_expired', reason: 'gone' });
    expect(types(asks)).toEqual(['job.awaiting_decision']);
  });

  it('runs its batch again at once without the record, as if it had never been tried', () => {
    const again = decideEnd(facts({ attempts: ATTEMPTS_MAX }), {
      ...{ kind: 'run_again', code: 'job_code_threw', reason: 'without one' },
    });
    expect(again).toMatchObject({ status: 'scheduled', trigger: 'retry', delayMs: undefined, set: { attempts: 0 } });
    expect(types(again)).toEqual(['job.runs_again']);
  });

  it('cannot be taken from a run that it has not', () => {
    for (const status of JOB_STATUSES.filter((one) => nextStatus(one, 'drained') === undefined)) {
      expect(() => decideEnd(facts({ status }), { kind: 'drained', reason: 'stop' })).toThrow('cannot take "drained"');
    }
  });
});

describe('a job whose run backs off', () => {
  it('waits, and says how long and for what', () => {
    const decision = decideEnd(facts({ attempts: 2 }), { kind: 'back_off', ...OUTSIDE });
    expect(decision).toMatchObject({ status: 'backing_off', ...OUTSIDE, trigger: 'retry', delayMs: 750 });
    expect(decision.events).toEqual([{ type: 'job.backing_off', data: { ...OUTSIDE, retryInMs: 750 } }]);
  });

  it('R27: is given up after so many starts, but never while it waits for what lies outside', () => {
    const given = decideEnd(facts({ attempts: ATTEMPTS_MAX }), { kind: 'back_off', ...OUR_FAULT });
    expect(given).toMatchObject({ status: 'failed', code: 'CRASH_LOOP', delayMs: undefined });
    expect(types(given)).toEqual(['job.backing_off', 'job.failed']);
    const outside = decideEnd(facts({ attempts: ATTEMPTS_MAX }), { kind: 'back_off', ...OUTSIDE });
    expect(outside.status).toBe('backing_off');
  });
});

describe('a job whose runner is lost', () => {
  const lost: LettingGo = { kind: 'runner_lost' };

  it('starts at once on another one, also while it was draining towards a new revision', () => {
    for (const status of OWNED_STATUSES) {
      const decision = decideEnd(facts({ status }), lost);
      expect(decision).toMatchObject({ status: 'scheduled', trigger: 'crash', delayMs: undefined });
      const data = { runId: RUN.id, runnerId: RUN.runnerId, epoch: RUN.epoch, retryInMs: 0 };
      expect(decision.events).toEqual([{ type: 'run.lost', data }]);
    }
  });

  it('waits once that has happened too often, and is given up in the end', () => {
    expect(decideEnd(facts({ attempts: 4 }), lost)).toMatchObject({ status: 'backing_off', delayMs: 3_000 });
    expect(decideEnd(facts({ attempts: ATTEMPTS_MAX }), lost)).toMatchObject({ status: 'failed', code: 'CRASH_LOOP' });
  });

  it('is where it was ordered to be, if it was ordered away', () => {
    for (const status of OWNED_STATUSES) {
      expect(decideEnd(facts({ status, desired: 'stopped' }), lost)).toMatchObject({ status: 'stopped' });
      expect(decideEnd(facts({ status, desired: 'cancelled' }), lost)).toMatchObject({ status: 'cancelled' });
    }
  });

  it('keeps its revision on probation: a machine that is gone says nothing of it', () => {
    expect(decideEnd(facts({ probation: ON_PROBATION }), lost).set).toEqual({});
  });
});

describe('a job that was ordered to begin somewhere else', () => {
  it('does so at once, however its run has ended, and for the reason that was ordered', () => {
    const ordered = facts({ startMode: { mode: 'offsets-only' }, probation: ON_PROBATION, attempts: ATTEMPTS_MAX });
    for (const end of ENDS) {
      const decision = decideEnd(ordered, end);
      expect(decision, end.kind).toMatchObject({
        status: 'scheduled',
        trigger: undefined,
        delayMs: undefined,
        set: {},
      });
      expect(types(decision)).toEqual([end.kind === 'runner_lost' ? 'run.lost' : 'job.handed_over']);
    }
  });
});

describe('a revision on probation', () => {
  it('is left for the one before, with its state, when it turns out to be bad', () => {
    for (const end of AGAINST) {
      const decision = decideEnd(facts({ probation: ON_PROBATION, attempts: ATTEMPTS_MAX }), end);
      expect(decision).toMatchObject({ status: 'scheduled', trigger: 'rollback', delayMs: undefined });
      const startMode = { mode: 'checkpoint', checkpointId: KEPT, byItself: true };
      expect(decision.set).toEqual({ revision: 1, startMode, attempts: 0, probation: null });
      const data = { from: 2, to: 1, checkpointId: KEPT, reason: decision.endReason };
      expect(decision.events).toEqual([{ type: 'revision.rolled_back', data }]);
    }
  });

  it('stays for what lies outside, for a question, and for a record that is left out', () => {
    for (const end of ENDS.filter(
      (one) => !AGAINST.some(({ kind }) => kind === one.kind) || ('code' in one && one.code === OUTSIDE.code),
    )) {
      const decision = decideEnd(facts({ probation: ON_PROBATION }), end);
      expect(decision.trigger, end.kind).not.toBe('rollback');
      expect(decision.set.revision, end.kind).toBeUndefined();
    }
  });

  it('is not gone back from when a newer one has come, or the job is not wanted any more', () => {
    for (const end of AGAINST) {
      for (const job of [
        { probation: ON_PROBATION, revision: 3 },
        { probation: { ...ON_PROBATION, revision: 3 }, revision: 3 },
        { probation: ON_PROBATION, desired: 'stopped' },
      ] as const) {
        const { set } = decideEnd(facts(job), end);
        expect([set.revision, set.startMode, set.probation]).toEqual([undefined, undefined, undefined]);
      }
    }
    const [unhealthy = { kind: 'finished' } as const] = AGAINST;
    expect(decideEnd(facts({ revision: 3 }), unhealthy)).toMatchObject({ status: 'scheduled', trigger: 'redeploy' });
  });
});

describe('what an end makes of a job', () => {
  it('is enqueued by the scheduler wherever it goes on, and left where somebody has to say something', () => {
    for (const end of ENDS) {
      const { status, trigger } = decideEnd(facts(), end);
      expect(RECONCILE_WANTED_RUNNING[status] === 'enqueue', end.kind).toBe(trigger !== undefined);
    }
  });
});
