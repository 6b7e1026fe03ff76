import type { SchedulerConfig } from '@tidemark/config';
import type { JobId, RunId, RunnerId } from '@tidemark/domain';
import { METRICS } from '@tidemark/observability';
import { RecordedMetrics } from '@tidemark/observability/testing';
import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { OutboxRelay } from '../outbox-relay/outbox-relay.js';
import { ScriptedSchedulingStore } from '../testing/scripted-scheduling-store.js';
import { Reconcile } from './reconcile.js';

let store: ScriptedSchedulingStore;
let reconcile: Reconcile;
let onRelay: () => Promise<void>;

beforeEach(() => {
  Logger.overrideLogger(false);
  store = new ScriptedSchedulingStore();
  onRelay = () => Promise.resolve();
  const relay = {
    relay: () => {
      store.done.push('relay');
      return onRelay();
    },
    resendDoubtful: (nowMs: number) => {
      store.done.push(`resend at ${nowMs}`);
      return Promise.resolve();
    },
  };
  reconcile = new Reconcile(store, relay as unknown as OutboxRelay, { leaseMs: 5_000 } as SchedulerConfig);
});

const ALL = ['end lost runs', 'schedule due jobs', 'relay', 'resend at 7'];

describe('a pass of the scheduler', () => {
  it('frees the jobs of lost runners first, so that they are scheduled and sent in the same pass', async () => {
    await reconcile.pass(7);

    expect(store.done).toEqual(ALL);
  });

  it('does everything else when one thing fails, and says what failed', async () => {
    store.onEndLost = () => Promise.reject(new Error('a row is broken'));
    onRelay = () => Promise.reject(new Error('the queue is gone'));

    await expect(reconcile.pass(7)).rejects.toThrow('Error: a row is broken; Error: the queue is gone');

    expect(store.done).toEqual(ALL);
  });

  it('counts the starts and the losses that it finds', async () => {
    const recorded = RecordedMetrics.start();
    const [jobId, runId, runnerId] = ['job_1' as JobId, 'run_1' as RunId, 'rnr_1' as RunnerId];
    store.onEndLost = () => Promise.resolve([{ jobId, runId, runnerId, status: 'backing_off' }]);
    store.onSchedule = () =>
      Promise.resolve([
        { outcome: 'scheduled', jobId, runId, trigger: 'crash' },
        { outcome: 'held', jobId, status: 'awaiting_decision' },
      ]);

    await reconcile.pass(7);

    expect(await recorded.of(METRICS.runsLost)).toEqual([
      { attributes: { 'tidemark.job.status': 'backing_off' }, value: 1 },
    ]);
    expect(await recorded.of(METRICS.runsScheduled)).toEqual([
      { attributes: { 'tidemark.run.trigger': 'crash' }, value: 1 },
    ]);
    await recorded.stop();
  });

  it('says which job cannot be scheduled', async () => {
    const error = vi.spyOn(Logger.prototype, 'error');
    const jobId = 'job_1' as JobId;
    store.onSchedule = () => Promise.resolve([{ outcome: 'faulty', jobId, error: new Error('no such bundle') }]);

    await reconcile.pass(7);

    expect(error).toHaveBeenCalledWith('A job cannot be scheduled: Error: no such bundle', { jobId });
  });
});
