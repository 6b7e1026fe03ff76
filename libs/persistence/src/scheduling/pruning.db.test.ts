import type { BatchCommit, BatchPlan, CheckpointId, RestoreDecision, RollbackId, SavepointId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import {
  aCheckpoint,
  aCheckpointId,
  aClaimedRun,
  aSubmittedJob,
  aTenant,
  aWrittenCheckpoint,
  claimNext,
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

async function checkpoint(
  runs: All['runs'],
  fence: Fence,
  batchId: number,
  more: { readonly savepoint?: number; readonly buildsOn?: readonly string[] } = {},
): Promise<CheckpointId> {
  const checkpointId = aCheckpointId();
  const { savepoint, buildsOn = [] } = more;
  await runs.beginCheckpoint(fence, aCheckpoint(checkpointId, batchId, { buildsOn }));
  await runs.completeCheckpoint(fence, checkpointId, { ...aWrittenCheckpoint, savepoint });
  return checkpointId;
}

/** A job with a savepoint of batch 1 that has gone on since, and how its log is pruned. */
async function aJobWithASavepoint(dataSource: DataSource) {
  const tenantId = await aTenant(dataSource);
  const jobId = await aSubmittedJob(dataSource, tenantId);
  const all = stores(dataSource);
  const { runs, scheduling, claimed, runnerId } = await aClaimedRun(dataSource);
  const { fence } = claimed;
  await runs.markRunning(fence);
  await commitBatches(runs, fence);
  const recovery = all.recovery.forTenant(tenantId);
  const asked = { id: 'sav_1' as SavepointId, label: 'long ago' };
  await recovery.requestSavepoint(jobId, asked, BY);
  const savepoint = await checkpoint(runs, fence, 1, { savepoint: 1 });
  const oldest = async (): Promise<number | undefined> => {
    await scheduling.pruneBatches({ keep: 0, limit: 1_000, perTimeline: 5 });
    return (await runs.readBatches(fence, 1, 0))[0]?.plan.batchId;
  };
  /** Lets the next run begin, to which each of `damaged` turns out to be so. */
  const restart = async (damaged: readonly CheckpointId[]): Promise<RestoreDecision> => {
    await runs.disown(fence.runId, runnerId);
    await dataSource.query('UPDATE jobs SET retry_at = NULL');
    const next = await claimNext(all, runnerId);
    let { decision } = next;
    for (const id of damaged) {
      const again = await runs.rejectCheckpoint(next.fence, id, 'it is damaged');
      if (again.outcome === 'decided') ({ decision } = again);
    }
    return decision;
  };
  return { ...all, tenantId, jobId, recovery, runs, fence, savepoint, oldest, restart };
}

const BY = { actor: 'test', trace: undefined };

describe('R31: the history of a job', () => {
  postgresTest('is cut behind what is kept of it, and never where a restore would need it', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const { runs, scheduling, claimed } = await aClaimedRun(dataSource);
    const { fence } = claimed;
    await commitBatches(runs, fence);
    const checkpointed = (batchId: number): Promise<CheckpointId> => checkpoint(runs, fence, batchId);
    const oldestAfter = async (keep: number): Promise<number | undefined> => {
      await scheduling.pruneBatches({ keep, limit: 1_000, perTimeline: 5 });
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

    expect(await scheduling.pruneBatches({ keep: 0, limit: 3, perTimeline: 5 })).toBe(3);
    expect(await left()).toEqual([4, BATCHES - 2]);
    expect(await scheduling.pruneBatches({ keep: 0, limit: 3, perTimeline: 5 })).toBe(2);
    expect(await left()).toEqual([6, BATCHES - 4]);
    expect(await scheduling.pruneBatches({ keep: 0, limit: 3, perTimeline: 5 })).toBe(0);

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

describe('R31: a savepoint', () => {
  postgresTest('holds on to no batches once it is nothing to fall back to', async ({ dataSource }) => {
    const { runs, fence, oldest, restart } = await aJobWithASavepoint(dataSource);
    expect(await oldest()).toBe(2);
    const first = await checkpoint(runs, fence, 20);
    expect(await oldest()).toBe(2);
    const second = await checkpoint(runs, fence, 24);
    expect(await oldest()).toBe(21);

    const { verdict, candidates } = await restart([second, first]);

    // Were it begun with, the batches 2 to 20 would be missing.
    expect(verdict).toMatchObject({ outcome: 'ask', reasonCode: 'NO_READABLE_CHECKPOINT' });
    expect(candidates.map(({ verdict: of }) => of)).toEqual(['unreadable', 'unreadable']);
  });

  postgresTest('is fallen back to while it is the one before the newest', async ({ dataSource }) => {
    const { runs, fence, savepoint, oldest, restart } = await aJobWithASavepoint(dataSource);
    const only = await checkpoint(runs, fence, 20);
    expect(await oldest()).toBe(2);

    const { verdict } = await restart([only]);

    expect(verdict).toMatchObject({ outcome: 'start', from: { kind: 'checkpoint', checkpointId: savepoint } });
    expect(verdict).toMatchObject({ reasonCode: 'OLDER_CHECKPOINT' });
  });

  postgresTest(
    'holds on to them as the newest that was read back, and not once a newer one was',
    async ({ dataSource }) => {
      const { runs, fence, savepoint, upkeep, oldest } = await aJobWithASavepoint(dataSource);
      await upkeep.noteVerified(savepoint);
      await checkpoint(runs, fence, 20);
      const newest = await checkpoint(runs, fence, 24);
      expect(await oldest()).toBe(2);
      await upkeep.noteVerified(newest);

      expect(await oldest()).toBe(21);
    },
  );

  postgresTest('is gone back to without the batches since', async ({ dataSource }) => {
    const { runs, fence, jobId, recovery, savepoint, oldest, restart } = await aJobWithASavepoint(dataSource);
    const newer = [await checkpoint(runs, fence, 20), await checkpoint(runs, fence, 24)];
    expect(await oldest()).toBe(21);
    const back = { id: 'rbk_1' as RollbackId, checkpointId: savepoint };
    expect(await recovery.orderRollback(jobId, back, BY)).toMatchObject({ outcome: 'ordered' });

    expect((await restart([])).verdict).toMatchObject({ from: { checkpointId: savepoint, opens: 'new_timeline' } });
    expect(await recovery.tipOf(jobId, 1)).toMatchObject({ id: newer[1] });
  });

  postgresTest('is what a fork begins with where nothing newer can be read', async ({ dataSource }) => {
    const { runs, fence, jobId, recovery, savepoint, oldest, restart } = await aJobWithASavepoint(dataSource);
    const newer = [await checkpoint(runs, fence, 20), await checkpoint(runs, fence, 24)];
    expect(await oldest()).toBe(21);
    await restart(newer.toReversed());

    expect(await recovery.newestOf(jobId)).toMatchObject({ id: savepoint });
  });

  postgresTest('that is let go of holds on to none either', async ({ dataSource }) => {
    const { runs, fence, jobId, recovery, oldest } = await aJobWithASavepoint(dataSource);
    for (const batchId of [16, 17, 18, 19, 20]) await checkpoint(runs, fence, batchId);
    expect(await oldest()).toBe(17);
    await recovery.releaseSavepoint(jobId, 'sav_1' as SavepointId, BY);
    for (const batchId of [24, 25, 26, 27, 28]) await checkpoint(runs, fence, batchId);

    expect(await oldest()).toBe(25);
  });
});

describe('R31: a checkpoint that others build on', () => {
  postgresTest('holds on to no batches once it is nothing to fall back to itself', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const { runs, scheduling, claimed } = await aClaimedRun(dataSource);
    const { fence } = claimed;
    await commitBatches(runs, fence);
    // The state does not change: every checkpoint builds on the first one.
    const base = await checkpoint(runs, fence, 1);
    for (const batchId of [16, 20, 24]) await checkpoint(runs, fence, batchId, { buildsOn: [base] });
    await scheduling.retireCheckpoints({ perTimeline: 2 });

    await scheduling.pruneBatches({ keep: 0, limit: 1_000, perTimeline: 2 });

    expect((await runs.readBatches(fence, 1, 0))[0]?.plan.batchId).toBe(21);
  });
});
