import type { BatchPlan } from '@tidemark/domain';
import type { BatchOptions, CommittedBatch, MicroBatchEngine, StateSnapshot } from '@tidemark/engine';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Checkpointer } from '../checkpoint/checkpointer.js';
import { aRun, aSnapshot } from '../testing/a-run.js';
import { RecordingRunStore } from '../testing/recording-run-store.js';
import type { ActiveRun } from './active-run.js';
import { runBatches } from './batch-loop.js';

const INTERVAL_MS = 500;

/** An engine that plans ahead whenever it may, and notes what it is asked for. */
class ScriptedEngine {
  readonly planAhead: boolean[] = [];
  readonly runAhead: boolean[] = [];
  isAhead = false;
  hasOpenPlan = false;
  recordsSkipped = 0;
  skipped: BatchPlan['skipped'];
  bytesPerBatch: number | undefined;
  /** What the engine sees when it looks for work, in turn; `ready` from then on. */
  looks: ('ready' | 'idle' | 'finished')[] = [];
  /** How far behind the batches are: nothing is waited for while there are more to catch up on. */
  behind = 0;
  onBatch: (batchId: number) => void = () => undefined;
  freeze: () => Promise<void> = () => Promise.resolve();

  msUntilNextBatch(): number {
    return this.hasOpenPlan || this.behind > 0 ? 0 : INTERVAL_MS;
  }

  prepare(): ReturnType<MicroBatchEngine['prepare']> {
    return Promise.resolve(this.looks.shift() ?? 'ready');
  }

  runBatch({ planAhead, runAhead }: BatchOptions): ReturnType<MicroBatchEngine['runBatch']> {
    this.planAhead.push(planAhead);
    this.runAhead.push(runAhead);
    this.behind -= 1;
    this.hasOpenPlan = planAhead && this.behind > 0;
    this.isAhead = runAhead && this.behind > 0;
    const batchId = this.planAhead.length;
    this.onBatch(batchId);
    return Promise.resolve(this.aBatch(batchId));
  }

  async snapshot(kind: 'full' | 'delta'): ReturnType<MicroBatchEngine['snapshot']> {
    await this.freeze();
    return aSnapshot(this.planAhead.length, { kind });
  }

  private aBatch(batchId: number): CommittedBatch {
    const { recordsSkipped } = this;
    const skipped = [{ source: 'in', partition: 'a', offset: 3, reason: 'not JSON' }];
    const counts = { recordsIn: 1, recordsOut: 1, recordsSkipped, processingMs: 1, schedulingDelayMs: 0 };
    return {
      outcome: 'committed',
      plan: { timeline: 1, batchId, batchTimeMs: batchId * INTERVAL_MS, ranges: {}, skipped: this.skipped },
      bytesPerBatch: this.bytesPerBatch,
      commit: { timeline: 1, batchId, nextOffsets: {}, ...counts },
      output: { sinks: new Map(), recordsIn: 1, recordsSkipped, stateKeys: new Map(), counts: new Map(), skipped },
    };
  }
}

let run: ActiveRun;
let engine: ScriptedEngine;
let runs: RecordingRunStore;
let checkpointed: (readonly [number, string])[];
let pausesMs: number[];
let checkpointDue: () => boolean;

beforeEach(() => {
  vi.useFakeTimers();
  run = aRun();
  engine = new ScriptedEngine();
  runs = new RecordingRunStore();
  checkpointed = [];
  pausesMs = [];
  checkpointDue = () => false;
});
afterEach(() => {
  vi.useRealTimers();
});

function loop(): ReturnType<typeof runBatches> {
  const checkpointer = {
    isDue: () => checkpointDue(),
    noteBatch: () => undefined,
    kind: 'delta',
    begin: ({ batchId, kind }: StateSnapshot, pauseMs: number) => {
      checkpointed.push([batchId, kind]);
      pausesMs.push(pauseMs);
    },
  };
  return runBatches(run, {
    engine: engine as unknown as MicroBatchEngine,
    checkpointer: checkpointer as unknown as Checkpointer,
    runs,
  });
}

describe('the loop of a run', () => {
  it('runs a batch each interval until it is told to stop, and then none more', async () => {
    const ended = loop();
    await vi.advanceTimersByTimeAsync(3 * INTERVAL_MS);
    run.drain('stop');

    expect(await ended).toEqual({ outcome: 'drained', reason: 'stop' });
    expect(engine.planAhead).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('runs every batch within a millisecond of its time, down to an interval of 5 ms', async () => {
    const ranAt: number[] = [];
    engine.msUntilNextBatch = () => (Math.floor(ranAt.length) + 1) * 5 - Math.floor(performance.now() - startedAt);
    const startedAt = performance.now();
    engine.onBatch = () => ranAt.push(performance.now() - startedAt);
    const ended = loop();
    await vi.advanceTimersByTimeAsync(1_000);
    run.drain('stop');
    await ended;

    expect(ranAt.length).toBeGreaterThanOrEqual(200);
    for (const [index, at] of ranAt.entries()) expect(Math.abs(at - (index + 1) * 5)).toBeLessThanOrEqual(1);
  });

  it('plans nothing ahead while dead letters are to be read again: they become part of a plan on its own', async () => {
    engine.behind = 100;
    run.redriveWanted = true;
    engine.onBatch = (batchId) => {
      if (batchId === 2) run.redriveWanted = false;
      if (batchId === 4) run.drain('stop');
    };
    const ended = loop();
    await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    await ended;

    expect(engine.planAhead.slice(0, 4)).toEqual([false, false, true, true]);
  });

  it('ends where a batch is to be run again without a record', async () => {
    const again = { outcome: 'run_again', batchId: 1, without: {} } as never;
    engine.runBatch = () => Promise.resolve(again);
    const ended = loop();
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(await ended).toBe(again);
  });

  it('I16: finishes the plan that is open when it is told to stop, and opens no other', async () => {
    engine.behind = 100;
    engine.onBatch = (batchId) => {
      if (batchId === 2) run.drain('redeploy');
    };

    expect(await loop()).toEqual({ outcome: 'drained', reason: 'redeploy' });
    expect(engine.planAhead).toEqual([true, true, false]);
    expect(engine.runAhead).toEqual([true, true, false]);
    expect(engine.hasOpenPlan).toBe(false);
  });

  it.each(['cancelled', 'fenced', 'lease_lost'] as const)('ends between batches when it is %s', async (reason) => {
    const ended = loop();
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    run.abandon(reason);

    expect(await ended).toEqual({ outcome: 'fenced' });
    expect(engine.planAhead).toHaveLength(1);
  });

  it('ends with the batch that finds the job lost', async () => {
    engine.runBatch = () => Promise.resolve({ outcome: 'fenced' });
    const ended = loop();
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);

    expect(await ended).toEqual({ outcome: 'fenced' });
  });

  it('ends with the error of a batch', async () => {
    engine.runBatch = () => Promise.reject(new Error('the job threw'));
    const ended = loop();
    const refused = expect(ended).rejects.toThrow('the job threw');
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);

    await refused;
  });

  it('hands over a snapshot of the kind that is wanted after the batch at which a checkpoint is due', async () => {
    checkpointDue = () => engine.planAhead.length === 2;
    const ended = loop();
    await vi.advanceTimersByTimeAsync(3 * INTERVAL_MS);
    run.drain('stop');
    await ended;

    expect(checkpointed).toEqual([[2, 'delta']]);
  });

  it('lets no batch run ahead of one after which a checkpoint is due, and takes none while one does', async () => {
    engine.behind = 5;
    const dueFrom = 2;
    checkpointDue = () => engine.planAhead.length >= dueFrom && checkpointed.length === 0;
    engine.onBatch = (batchId) => {
      if (batchId === 5) run.drain('stop');
    };
    await loop();

    expect(engine.runAhead).toEqual([true, true, false, true, true]);
    expect(checkpointed).toEqual([[3, 'delta']]);
  });

  it('measures for how long no batch could run because of a snapshot', async () => {
    checkpointDue = () => engine.planAhead.length === 2;
    engine.freeze = () => new Promise((resolve) => setTimeout(resolve, 7));
    const ended = loop();
    await vi.advanceTimersByTimeAsync(3 * INTERVAL_MS);
    run.drain('stop');
    await ended;

    expect(pausesMs).toEqual([7]);
  });

  it('ends by itself when all is done that the trigger asks for', async () => {
    engine.looks = ['ready', 'ready', 'finished'];
    const ended = loop();
    await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS);

    expect(await ended).toEqual({ outcome: 'finished' });
    expect(engine.planAhead).toHaveLength(2);
  });

  it('waits for data without a batch, and still hears that it is to stop', async () => {
    engine.looks = ['idle', 'ready', ...Array.from({ length: 100 }, () => 'idle' as const)];
    const ended = loop();
    await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    run.drain('stop');

    expect(await ended).toEqual({ outcome: 'drained', reason: 'stop' });
    expect(engine.planAhead).toHaveLength(1);
  });

  it('tells the owner of input that was passed over after a downtime', async () => {
    engine.skipped = { lines: { '0': { from: 3, to: 9 } } };
    const ended = loop();
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    run.drain('stop');
    await ended;

    expect(runs.events).toEqual([
      {
        type: 'downtime.skipped',
        data: { timeline: 1, batchId: 1, ranges: { lines: { '0': { from: 3, to: 9 } } } },
        dedupKey: 'downtime-skipped/1/1',
      },
    ]);
  });

  it('tells the owner when batches begin to be limited and when they cease to be', async () => {
    const limits = [undefined, 1_000, 900, undefined, undefined];
    engine.onBatch = (batchId) => {
      engine.bytesPerBatch = limits[batchId - 1];
    };
    const ended = loop();
    await vi.advanceTimersByTimeAsync(limits.length * INTERVAL_MS);
    run.drain('stop');
    await ended;

    expect(runs.events).toMatchObject([
      { type: 'batches.limited', data: { batchId: 2, bytesPerBatch: 1_000 } },
      { type: 'batches.unlimited', data: { batchId: 4 } },
    ]);
  });

  it('tells the owner of records that were passed over, once for a batch', async () => {
    engine.recordsSkipped = 7;
    const ended = loop();
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    run.drain('stop');
    await ended;

    expect(runs.events).toMatchObject([
      { type: 'records.skipped', data: { batchId: 1, count: 7 }, dedupKey: 'skipped/1/1' },
    ]);
  });
});
