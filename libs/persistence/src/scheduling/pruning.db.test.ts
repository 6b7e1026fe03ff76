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

type All = Awaited<ReturnType<typeof aClaimedRun>>;
type Fence = All['claimed']['fence'];

const BATCHES = 30;

const aPlan = (batchId: number): BatchPlan => ({
  timeline: 1,
  batchId,
  batchTimeMs: batchId * 500,
  ranges: { numbers: { '0': { from: batchId - 1, to: batchId, held: `wal/${batchId}` } } },
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

/** And plans one more. */
async function commitBatches(runs: All['runs'], fence: Fence): Promise<void> {
  for (let batchId = 1; batchId <= BATCHES; batchId += 1) {
    await runs.writeBatch(fence, { kind: 'plan', plan: aPlan(batchId) });
    await runs.writeBatch(fence, { kind: 'commit', commit: aCommit(batchId), next: undefined });
  }
  await runs.writeBatch(fence, { kind: 'plan', plan: aPlan(BATCHES + 1) });
}

async function checkpoint(runs: All['runs'], fence: Fence, batchId: number): Promise<CheckpointId> {
  const checkpointId = aCheckpointId();
  await runs.beginCheckpoint(fence, aCheckpoint(checkpointId, batchId));
  await runs.completeCheckpoint(fence, checkpointId, aWrittenCheckpoint);
  return checkpointId;
}

describe('R31: the history of a job', () => {
  postgresTest('is cut behind what is kept of it, and never where a restore would need it', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const { runs, scheduling, claimed } = await aClaimedRun(dataSource);
    const { fence } = claimed;
    await commitBatches(runs, fence);
    const checkpointed = (batchId: number): Promise<CheckpointId> => checkpoint(runs, fence, batchId);
    const oldestAfter = async (keep: number): Promise<number | undefined> => {
      await scheduling.pruneBatches({ keep, limit: 1_000 });
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
    const events = Array.from({ length: 40 }, (_, index) => ({ type: 'log' as const, data: { rows: index } }));
    await runs.appendEvents(fence, events);
    await scheduling.pruneEvents(10);
    const kept = await store.listEvents(id, { limit: 100 });
    expect(kept.map(({ data }) => data['rows']).sort()).toEqual(Array.from({ length: 10 }, (_, index) => 30 + index));
  });

  postgresTest('goes the oldest first, and announces what it held until that is removed', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const { runs, scheduling, claimed } = await aClaimedRun(dataSource);
    await commitBatches(runs, claimed.fence);
    await checkpoint(runs, claimed.fence, 5);
    const left = async (): Promise<(number | undefined)[]> => {
      const batches = await runs.readBatches(claimed.fence, 1, 0);
      return [batches[0]?.plan.batchId, batches.length];
    };

    expect(await scheduling.pruneBatches({ keep: 0, limit: 3 })).toBe(3);
    expect(await left()).toEqual([4, BATCHES - 2]);
    expect(await scheduling.pruneBatches({ keep: 0, limit: 3 })).toBe(2);
    expect(await left()).toEqual([6, BATCHES - 4]);
    expect(await scheduling.pruneBatches({ keep: 0, limit: 3 })).toBe(0);

    const unneeded = await scheduling.readUnneededObjects({ limit: 10 });
    expect(unneeded.map(({ paths }) => [...paths].sort())).toEqual([
      ['wal/1', 'wal/2', 'wal/3'],
      ['wal/4', 'wal/5'],
    ]);
    expect(await scheduling.readUnneededObjects({ limit: 1 })).toEqual(unneeded.slice(0, 1));
    expect(await scheduling.readUnneededObjects({ after: unneeded[0]?.id, limit: 10 })).toEqual(unneeded.slice(1));
    await scheduling.removeFromOutbox(unneeded.map(({ id }) => id));
    expect(await scheduling.readUnneededObjects({ limit: 10 })).toEqual([]);
  });
});
