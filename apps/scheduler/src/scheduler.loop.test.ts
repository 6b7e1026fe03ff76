import type { SchedulerConfig } from '@tidemark/config';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Collect } from './collect/collect.js';
import type { Reconcile } from './schedule/reconcile.js';
import { SchedulerLoop } from './scheduler.loop.js';
import type { PruneTrail } from './sweep/prune-trail.js';
import type { Sweep } from './sweep/sweep.js';
import type { WatchStore } from './sweep/watch-store.js';
import type { VerifyCheckpoints } from './verify/verify-checkpoints.js';
import { ScriptedSchedulingStore } from './testing/scripted-scheduling-store.js';

const RECONCILE_MS = 100;
const COLLECT_MS = 10_000;

let store: ScriptedSchedulingStore;
let passes: number;
let collections: number;
let sweeps: number;
let readings: number;
let prunings: number;
let looks: number;
let onPass: () => Promise<void>;
let onCollect: (signal: AbortSignal) => Promise<void>;
let loop: SchedulerLoop;

beforeEach(() => {
  vi.useFakeTimers();
  Logger.overrideLogger(false);
  store = new ScriptedSchedulingStore();
  store.onWait = () => new Promise((resolve) => setTimeout(resolve, RECONCILE_MS));
  passes = 0;
  collections = 0;
  sweeps = 0;
  readings = 0;
  prunings = 0;
  looks = 0;
  onPass = () => Promise.resolve();
  onCollect = () => Promise.resolve();
  const reconcile = {
    pass: () => {
      passes += 1;
      return onPass();
    },
  };
  const collect = {
    pass: (signal: AbortSignal) => {
      collections += 1;
      return onCollect(signal);
    },
  };
  const sweep = {
    pass: async () => {
      sweeps += 1;
    },
  };
  const verify = {
    pass: async () => {
      readings += 1;
    },
  };
  const trail = {
    pass: async () => {
      prunings += 1;
    },
  };
  const watch = {
    pass: async () => {
      looks += 1;
    },
  };
  loop = new SchedulerLoop(
    store,
    reconcile as unknown as Reconcile,
    collect as unknown as Collect,
    sweep as unknown as Sweep,
    verify as unknown as VerifyCheckpoints,
    trail as unknown as PruneTrail,
    watch as unknown as WatchStore,
    {
      reconcileMs: RECONCILE_MS,
      collectMs: COLLECT_MS,
      sweep: { everyMs: 2 * COLLECT_MS },
    } as SchedulerConfig,
  );
});
afterEach(async () => {
  const ended = loop.onModuleDestroy();
  await vi.runAllTimersAsync();
  await ended;
  vi.useRealTimers();
});

describe('the loop of a scheduler', () => {
  it('makes a pass each time there may be work', async () => {
    loop.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(10 * RECONCILE_MS);

    expect(passes).toBe(11);
  });

  it('R7: does nothing while another scheduler leads, and takes over when it may', async () => {
    store.leading = false;
    loop.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(10 * RECONCILE_MS);
    expect(passes).toBe(0);

    store.leading = true;
    await vi.advanceTimersByTimeAsync(RECONCILE_MS);
    expect(passes).toBe(1);
  });

  it('R11: goes on after a fault, and does not ask without a pause meanwhile', async () => {
    onPass = () => Promise.reject(new Error('no connection'));
    loop.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(passes).toBeGreaterThan(1);
    expect(passes).toBeLessThan(6);

    onPass = () => Promise.resolve();
    const before = passes;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(passes).toBeGreaterThan(before + 5);
  });

  it('collects now and then, one collection at a time, and makes its passes meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    onCollect = () => promise;
    loop.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(2 * COLLECT_MS);
    expect(collections).toBe(1);
    expect(passes).toBeGreaterThan(100);

    resolve(undefined);
    await vi.advanceTimersByTimeAsync(2 * RECONCILE_MS);
    expect(collections).toBe(2);
  });

  it('sweeps, prunes the trail and reads checkpoints back at their own pace, also while a collection takes long', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    onCollect = () => promise;
    loop.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(4 * COLLECT_MS + RECONCILE_MS);
    expect([collections, sweeps, prunings]).toEqual([1, 3, 3]);
    expect(looks).toBeGreaterThanOrEqual(4);
    expect(readings).toBeGreaterThan(30);
    resolve(undefined);
  });

  it('leads while it is let, also where a pass fails, and not where the database cannot be asked', async () => {
    expect(loop.isLeading).toBe(false);
    loop.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(RECONCILE_MS);
    expect(loop.isLeading).toBe(true);

    onPass = () => Promise.reject(new Error('a row is broken'));
    await vi.advanceTimersByTimeAsync(10 * RECONCILE_MS);
    expect(loop.isLeading).toBe(true);

    const ask = vi.spyOn(store, 'whileLeading').mockRejectedValue(new Error('no database'));
    await vi.advanceTimersByTimeAsync(10 * RECONCILE_MS);
    expect(loop.isLeading).toBe(false);

    ask.mockRestore();
    await vi.advanceTimersByTimeAsync(10 * RECONCILE_MS);
    expect(loop.isLeading).toBe(true);
    store.leading = false;
    await vi.advanceTimersByTimeAsync(10 * RECONCILE_MS);
    expect(loop.isLeading).toBe(false);
  });

  it('goes on collecting after a collection has failed', async () => {
    onCollect = () => Promise.reject(new Error('it cannot be removed'));
    loop.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(2 * COLLECT_MS + RECONCILE_MS);

    expect(collections).toBe(3);
  });

  it('ends its pass and its collection before it gives up the lead', async () => {
    onCollect = (signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          store.done.push('collection ended');
          resolve();
        });
      });
    loop.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(RECONCILE_MS);

    const ended = loop.onModuleDestroy();
    await vi.advanceTimersByTimeAsync(RECONCILE_MS);
    await ended;

    expect(store.done).toEqual(['collection ended', 'close']);
  });
});
