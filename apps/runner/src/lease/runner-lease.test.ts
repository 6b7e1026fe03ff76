import type { RunnerConfig } from '@tidemark/config';
import type { Orders, RunId, RunnerId } from '@tidemark/domain';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ActiveRun } from '../run-batch/active-run.js';
import { ActiveRuns } from '../run-batch/active-runs.js';
import { aRun } from '../testing/a-run.js';
import { RecordingRunStore } from '../testing/recording-run-store.js';
import { RunnerLease } from './runner-lease.js';

const LEASE_MS = 5_000;
const BEAT_MS = 500;
const ME = 'rnr_1' as RunnerId;
const orders = (runId: string, order: Partial<Orders> = {}) =>
  new Map([[runId as RunId, { desired: 'running', revision: 1, ...order } as const]]);

let store: RecordingRunStore;
let active: ActiveRuns;
let lease: RunnerLease;
let lost: string[];

beforeEach(() => {
  vi.useFakeTimers();
  Logger.overrideLogger(false);
  store = new RecordingRunStore();
  active = new ActiveRuns();
  lease = new RunnerLease(store, active, { leaseMs: LEASE_MS } as RunnerConfig);
  lost = [];
});

afterEach(() => {
  lease.stop();
  vi.useRealTimers();
});

const start = (): void => {
  lease.start(ME, (reason) => lost.push(reason));
};

/** A run that goes on until the test ends. */
function hold(run: ActiveRun): ActiveRun {
  void active.during(run, () => new Promise<never>(() => undefined));
  return run;
}

/** Time passes and no timer fires, as in a process that was stopped; then it goes on. */
async function freeze(ms: number): Promise<void> {
  vi.setSystemTime(Date.now() + ms);
  const now = performance.now.bind(performance);
  const frozen = vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
  await vi.advanceTimersByTimeAsync(BEAT_MS);
  frozen.mockRestore();
}

describe("a runner's lease", () => {
  it('is kept as long as heartbeats are answered', async () => {
    start();

    await vi.advanceTimersByTimeAsync(10 * LEASE_MS);

    expect(lost).toEqual([]);
    expect(store.heartbeats).toBe((10 * LEASE_MS) / BEAT_MS);
  });

  it('R2: is over for a process that was stopped for longer, before it asks anybody', async () => {
    start();
    const run = hold(aRun());
    const heartbeats = store.heartbeats;

    await freeze(LEASE_MS + 1);

    expect(lost).toHaveLength(1);
    expect(run.abandoned).toBe('lease_lost');
    expect(store.heartbeats).toBe(heartbeats);
  });

  it('is over when heartbeats fail for as long, and not before', async () => {
    store.onHeartbeat = () => Promise.reject(new Error('no connection'));
    start();
    const run = hold(aRun());

    await vi.advanceTimersByTimeAsync(LEASE_MS);
    expect(run.abandoned).toBeUndefined();

    await vi.advanceTimersByTimeAsync(BEAT_MS);
    expect(run.abandoned).toBe('lease_lost');
    expect(lost).toHaveLength(1);
  });

  it('is over when a heartbeat is never answered, and sends no second one meanwhile', async () => {
    store.onHeartbeat = () => new Promise(() => undefined);
    start();

    await vi.advanceTimersByTimeAsync(LEASE_MS + BEAT_MS);

    expect(store.heartbeats).toBe(1);
    expect(lost).toHaveLength(1);
  });

  it('counts from when the heartbeat was sent, not from its answer', async () => {
    const SLOW_MS = 3_000;
    store.onHeartbeat = () =>
      store.heartbeats === 1
        ? new Promise((answer) => setTimeout(answer, SLOW_MS, { outcome: 'alive', orders: new Map() }))
        : Promise.reject(new Error('no connection'));
    start();

    await vi.advanceTimersByTimeAsync(BEAT_MS + LEASE_MS + BEAT_MS);

    expect(lost).toHaveLength(1);
  });

  it('is over at once, and said so once, when the scheduler has given the runner up', async () => {
    store.onHeartbeat = () => Promise.resolve({ outcome: 'lost' });
    start();
    const run = hold(aRun());

    await vi.advanceTimersByTimeAsync(LEASE_MS);

    expect(lost).toEqual(['the scheduler has given this runner up']);
    expect(run.abandoned).toBe('lease_lost');
  });

  it('R12: tells how far its jobs had come before it is over, for a database that may have lost it', async () => {
    store.onHeartbeat = () => Promise.resolve({ outcome: 'lost' });
    store.onProgress = () => Promise.resolve(true);
    const run = hold(aRun('run_1'));
    run.noteCommitted({ timeline: 1, batchId: 7 });
    start();

    await vi.advanceTimersByTimeAsync(BEAT_MS);

    expect(store.told).toEqual([{ epoch: 1, timeline: 1, batchId: 7 }]);
    expect(lost).toEqual(['the database knows less of 1 jobs than it did (state_regressed)']);
  });

  it('R12: does not wait long for a database that does not hear it', async () => {
    store.onHeartbeat = () => Promise.resolve({ outcome: 'lost' });
    store.onProgress = () => new Promise(() => undefined);
    const run = hold(aRun('run_1'));
    start();

    await vi.advanceTimersByTimeAsync(BEAT_MS);
    expect(run.abandoned).toBe('lease_lost');
    expect(lost).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);

    expect(lost).toHaveLength(1);
  });

  it("brings the owner's orders to the run", async () => {
    const run = hold(aRun('run_1'));
    store.onHeartbeat = () => Promise.resolve({ outcome: 'alive', orders: orders('run_1', { desired: 'stopped' }) });
    start();

    await vi.advanceTimersByTimeAsync(BEAT_MS);

    expect(run.draining).toBe('stop');
  });

  it('lets go of a run that it is said to have and does not know, at the second time', async () => {
    hold(aRun('run_1'));
    const said = new Map([...orders('run_1'), ...orders('run_2')]);
    store.onHeartbeat = () => Promise.resolve({ outcome: 'alive', orders: said });
    start();

    await vi.advanceTimersByTimeAsync(BEAT_MS);
    expect(store.disowned).toEqual([]);

    await vi.advanceTimersByTimeAsync(BEAT_MS);
    expect(store.disowned).toEqual(['run_2']);
  });
});
