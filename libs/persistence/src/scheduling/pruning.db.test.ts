import type { BatchCommit, BatchPlan, CheckpointId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import {
  aCheckpoint,
  aCheckpointId,
  aClaimedRun,
  aSubmittedJob,
  aTenant,
  aWrittenCheckpoint,
  stores,
} from '../testing.js';

const BATCHES = 30;

const aPlan = (batchId: number): BatchPlan => ({
  timeline: 1,
  batchId,
  batchTimeMs: batchId * 500,
  ranges: { numbers: { '0': { from: batchId - 1, to: batchId } } },
});

const aCommit = (batchId: number): BatchCommit => ({
  timeline: 1,
  batchId,
  nextOffsets: { numbers: { '0': batchId } },
  recordsIn: 1,
  recordsOut: 1,
  recordsSkipped: 0,
  processingMs: 1,
  schedulingDelayMs: 1,
});

describe('R31: the history of a job', () => {
  postgresTest('is cut behind what is kept of it, and never where a restore would need it', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const { runs, scheduling, claimed } = await aClaimedRun(dataSource);
    const { fence } = claimed;
    for (let batchId = 1; batchId <= BATCHES; batchId += 1) {
      await runs.writeBatch(fence, { kind: 'plan', plan: aPlan(batchId) });
      await runs.writeBatch(fence, { kind: 'commit', commit: aCommit(batchId), next: undefined });
    }
    await runs.writeBatch(fence, { kind: 'plan', plan: aPlan(BATCHES + 1) });
    const checkpointed = async (batchId: number): Promise<CheckpointId> => {
      const checkpointId = aCheckpointId();
      await runs.beginCheckpoint(fence, aCheckpoint(checkpointId, batchId));
      await runs.completeCheckpoint(fence, checkpointId, aWrittenCheckpoint);
      return checkpointId;
    };
    const oldestAfter = async (keep: number): Promise<number | undefined> => {
      await scheduling.pruneBatches(keep);
      return (await runs.readBatches(fence, 1, 0))[0]?.plan.batchId;
    };

    expect(await oldestAfter(0)).toBe(1);
    const older = await checkpointed(20);
    expect(await oldestAfter(BATCHES)).toBe(1);
    expect(await oldestAfter(15)).toBe(16);
    expect(await oldestAfter(0)).toBe(21);
    await checkpointed(24);
    await checkpointed(28);
    expect(await oldestAfter(0)).toBe(21);
    // One besides the newest stays, in case that one turns out to be unreadable.
    expect((await scheduling.retireCheckpoints({ perTimeline: 1 })).map((one) => one.id)).toEqual([older]);
    expect(await oldestAfter(0)).toBe(25);
    expect((await runs.readBatches(fence, 1, 28)).map(({ plan }) => plan.batchId)).toEqual([29, 30, 31]);

    const store = stores(dataSource).jobs.forTenant(tenant);
    const events = Array.from({ length: 40 }, (_, index) => ({ type: 'log', data: { index } }));
    await runs.appendEvents(fence, events);
    await scheduling.pruneEvents(10);
    const kept = await store.listEvents(id, { limit: 100 });
    expect(kept.map(({ data }) => data['index']).sort()).toEqual(Array.from({ length: 10 }, (_, index) => 30 + index));
  });
});
