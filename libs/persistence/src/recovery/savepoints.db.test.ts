import { SAVEPOINTS_MAX, type CheckpointId, type Fence, type SavepointId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import { aCheckpoint, aClaimedRun, aSubmittedJob, aTenant, aWrittenCheckpoint, claimNext, stores } from '../testing.js';

const by = { actor: 'test', trace: undefined };
const savepoint = (n = 1) => ({ id: `sav_${n}` as SavepointId, label: `number ${n}` });
const ckp = (n: number): CheckpointId => `ckp_${n}` as CheckpointId;

/** A job that runs and has committed batch 1. */
async function aRunningJob(dataSource: DataSource) {
  const tenantId = await aTenant(dataSource);
  const id = await aSubmittedJob(dataSource, tenantId);
  const all = stores(dataSource);
  const { claimed, runs, runnerId } = await aClaimedRun(dataSource);
  const { fence } = claimed;
  await runs.markRunning(fence);
  const commit = async (batchId: number, of: Fence = fence) => {
    const plan = { timeline: 1, batchId, batchTimeMs: batchId, ranges: { numbers: { '0': { from: 0, to: 1 } } } };
    await runs.writeBatch(of, { kind: 'plan', plan });
    const counts = { recordsIn: 1, recordsOut: 1, recordsSkipped: 0, processingMs: 4, schedulingDelayMs: 0 };
    const done = { timeline: 1, batchId, nextOffsets: { numbers: { '0': batchId * 10 } }, ...counts };
    return runs.writeBatch(of, { kind: 'commit', commit: done, next: undefined });
  };
  const write = async (n: number, answers?: number, of: Fence = fence): Promise<void> => {
    await runs.beginCheckpoint(of, aCheckpoint(ckp(n), n));
    await runs.completeCheckpoint(of, ckp(n), { ...aWrittenCheckpoint, savepoint: answers });
  };
  await commit(1);
  return {
    ...{ ...all, id, tenantId, fence, runs, runnerId, commit, write, dataSource },
    jobs: all.jobs.forTenant(tenantId),
    recovery: all.recovery.forTenant(tenantId),
  };
}

describe('a savepoint of a job that runs', () => {
  postgresTest('is asked for with the next commit, and is the checkpoint that answers it', async ({ dataSource }) => {
    const { recovery, id, commit, write, jobs } = await aRunningJob(dataSource);
    expect(await recovery.requestSavepoint(id, savepoint(), by)).toMatchObject({
      outcome: 'requested',
      savepoint: { status: 'requested', label: 'number 1', checkpointId: undefined },
    });
    expect(await commit(2)).toMatchObject({ orders: { savepoint: 1 } });
    await write(2, 1);
    expect(await recovery.findSavepoint(id, savepoint().id)).toMatchObject({
      status: 'complete',
      checkpointId: ckp(2),
    });
    expect(await jobs.findCheckpoint(id, ckp(2))).toMatchObject({ kind: 'savepoint' });
    expect(await commit(3)).toMatchObject({ orders: { savepoint: undefined } });
  });

  postgresTest('is none that was frozen before it was asked for', async ({ dataSource }) => {
    const { recovery, id, write, commit } = await aRunningJob(dataSource);
    await recovery.requestSavepoint(id, savepoint(1), by);
    await recovery.requestSavepoint(id, savepoint(2), by);
    await write(2, 1);
    expect((await recovery.listSavepoints(id, { limit: 9 })).map(({ status }) => status)).toEqual([
      'requested',
      'complete',
    ]);
    expect(await commit(2)).toMatchObject({ orders: { savepoint: 2 } });
    await write(3, undefined);
    expect(await recovery.findSavepoint(id, savepoint(2).id)).toMatchObject({ status: 'requested' });
    await write(4, 2);
    expect(await recovery.findSavepoint(id, savepoint(2).id)).toMatchObject({ checkpointId: ckp(4) });
  });

  postgresTest('is none that was frozen for one that somebody has let go of since', async ({ dataSource }) => {
    const { recovery, id, runs, fence, commit, write } = await aRunningJob(dataSource);
    await recovery.requestSavepoint(id, savepoint(1), by);
    // The run has frozen batch 1 for it, and is still writing.
    await runs.beginCheckpoint(fence, aCheckpoint(ckp(1), 1));
    await recovery.releaseSavepoint(id, savepoint(1).id, by);
    await recovery.requestSavepoint(id, savepoint(2), by);
    await runs.completeCheckpoint(fence, ckp(1), { ...aWrittenCheckpoint, savepoint: 1 });
    expect(await recovery.findSavepoint(id, savepoint(2).id)).toMatchObject({ status: 'requested' });

    expect(await commit(2)).toMatchObject({ orders: { savepoint: 2 } });
    await write(2, 2);
    expect(await recovery.findSavepoint(id, savepoint(2).id)).toMatchObject({ checkpointId: ckp(2) });
  });

  postgresTest('has a number of its own, also after rows of a build that counts none', async ({ dataSource }) => {
    const { recovery, id, commit } = await aRunningJob(dataSource);
    for (const n of [1, 2]) await recovery.requestSavepoint(id, savepoint(n), by);
    await dataSource.query('UPDATE jobs SET savepoints_asked = 0');
    await recovery.requestSavepoint(id, savepoint(3), by);
    expect(await commit(2)).toMatchObject({ orders: { savepoint: 3 } });
  });

  postgresTest('waits for the next run when this one dies', async ({ dataSource }) => {
    const running = await aRunningJob(dataSource);
    const { recovery, id, runs, fence, runnerId } = running;
    await recovery.requestSavepoint(id, savepoint(), by);
    await runs.disown(fence.runId, runnerId);
    await dataSource.query('UPDATE jobs SET retry_at = NULL');
    expect(await claimNext(running, runnerId)).toMatchObject({ savepoint: 1 });
  });

  postgresTest('is made once for a request that is repeated', async ({ dataSource }) => {
    const { recovery, id } = await aRunningJob(dataSource);
    const first = await recovery.requestSavepoint(id, savepoint(1), { ...by, requestId: 'one' });
    expect(await recovery.requestSavepoint(id, savepoint(2), { ...by, requestId: 'one' })).toEqual(first);
  });

  postgresTest('is given up when it is deleted before it is written', async ({ dataSource }) => {
    const { recovery, id, commit } = await aRunningJob(dataSource);
    await recovery.requestSavepoint(id, savepoint(1), by);
    await recovery.requestSavepoint(id, savepoint(2), by);
    expect(await recovery.releaseSavepoint(id, savepoint(2).id, by)).toBe(true);
    expect(await commit(2)).toMatchObject({ orders: { savepoint: 1 } });
    expect(await recovery.releaseSavepoint(id, savepoint(1).id, by)).toBe(true);
    expect(await commit(3)).toMatchObject({ orders: { savepoint: undefined } });
    expect(await recovery.releaseSavepoint(id, savepoint(1).id, by)).toBe(false);
  });
});

describe('a savepoint that is complete', () => {
  postgresTest('is kept whatever the limits say, until it is let go of', async ({ dataSource }) => {
    const { recovery, id, write, scheduling } = await aRunningJob(dataSource);
    for (const n of [1, 2]) await recovery.requestSavepoint(id, savepoint(n), by);
    await write(1, 2);
    for (const n of [3, 4, 5]) await write(n);
    const retired = async (): Promise<string[]> =>
      (await scheduling.retireCheckpoints({ perTimeline: 1 })).map((one) => one.id);
    expect(await retired()).not.toContain(ckp(1));
    await recovery.releaseSavepoint(id, savepoint(1).id, by);
    expect(await retired()).not.toContain(ckp(1));
    await recovery.releaseSavepoint(id, savepoint(2).id, by);
    for (const n of [6, 7]) await write(n);
    expect(await retired()).toContain(ckp(1));
  });

  postgresTest('is not one of more than a job may have', async ({ dataSource }) => {
    const { recovery, id } = await aRunningJob(dataSource);
    for (let n = 1; n <= SAVEPOINTS_MAX; n += 1) await recovery.requestSavepoint(id, savepoint(n), by);
    expect(await recovery.requestSavepoint(id, savepoint(0), by)).toEqual({ outcome: 'too_many' });
  });
});

describe('a savepoint of a job at rest', () => {
  postgresTest('is its last checkpoint, at once', async ({ dataSource }) => {
    const { recovery, id, jobs, runs, fence, write, commit } = await aRunningJob(dataSource);
    await commit(2);
    await write(2);
    await jobs.order(id, 'stop', by);
    await runs.end(fence, { kind: 'drained', reason: 'stop' });
    expect(await recovery.requestSavepoint(id, savepoint(), by)).toMatchObject({
      savepoint: { status: 'complete', checkpointId: ckp(2) },
    });
  });

  postgresTest('is refused where no checkpoint is of its last batch', async ({ dataSource }) => {
    const { recovery, id, jobs, runs, fence, write, commit } = await aRunningJob(dataSource);
    await write(1);
    await commit(2);
    await jobs.order(id, 'stop', by);
    await runs.end(fence, { kind: 'drained', reason: 'stop' });
    expect(await recovery.requestSavepoint(id, savepoint(), by)).toEqual({
      outcome: 'no_state',
      status: 'stopped',
      lastBatchId: 2,
      newestBatchId: 1,
      areOffsetsSet: false,
    });
    expect(await recovery.listSavepoints(id, { limit: 9 })).toEqual([]);
  });

  postgresTest('is refused for one that is cancelled, and found by nobody else', async ({ dataSource }) => {
    const { recovery, id, jobs } = await aRunningJob(dataSource);
    await recovery.requestSavepoint(id, savepoint(1), by);
    const stranger = stores(dataSource).recovery.forTenant(await aTenant(dataSource));
    expect(await stranger.requestSavepoint(id, savepoint(2), by)).toEqual({ outcome: 'not_found' });
    expect(await stranger.findSavepoint(id, savepoint(1).id)).toBeUndefined();
    expect(await stranger.releaseSavepoint(id, savepoint(1).id, by)).toBe(false);
    await jobs.order(id, 'cancel', by);
    expect(await recovery.requestSavepoint(id, savepoint(2), by)).toEqual({ outcome: 'cancelled' });
  });
});
