import type { BatchCommit, CheckpointId, ClaimedRun, NewFork, RollbackId, SavepointId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import {
  aCheckpoint,
  aClaimedRun,
  aDigest,
  aJobId,
  aManifest,
  aRevision,
  aSubmittedJob,
  aTenant,
  aWrittenCheckpoint,
  claimNext,
  stores,
} from '../testing.js';

const by = { actor: 'test', trace: undefined };
const CHECKPOINT = 'ckp_1' as CheckpointId;
const node = { id: 0, kind: 'source', uid: 'in', inputs: [], connector: 'files', options: {}, at: '' } as const;
const MANIFEST = aManifest({ nodes: [node] });

/** A job that has read two batches of `a` and one of `b`, and has a checkpoint after the first, of `a`. */
async function aJobThatReadOn(dataSource: DataSource) {
  const tenantId = await aTenant(dataSource, MANIFEST);
  const id = await aSubmittedJob(dataSource, tenantId);
  const all = stores(dataSource);
  const jobs = all.jobs.forTenant(tenantId);
  const recovery = all.recovery.forTenant(tenantId);
  const { claimed, runs, runnerId } = await aClaimedRun(dataSource);
  const { fence } = claimed;
  await runs.markRunning(fence);
  const first = { nextOffsets: { in: { a: 10 } }, identities: { in: { a: '1/a' } } };
  const second = { nextOffsets: { in: { a: 20, b: 5 } }, identities: { in: { a: '1/a+', b: '1/b' } } };
  await commit(1, first);
  const at = { offsets: first.nextOffsets, identities: first.identities };
  await runs.beginCheckpoint(fence, aCheckpoint(CHECKPOINT, 1, at));
  await runs.completeCheckpoint(fence, CHECKPOINT, aWrittenCheckpoint);
  await commit(2, second);

  async function commit(batchId: number, stand: Pick<BatchCommit, 'nextOffsets' | 'identities'>): Promise<void> {
    const plan = { timeline: 1, batchId, batchTimeMs: batchId * 500, ranges: {} };
    await runs.writeBatch(fence, { kind: 'plan', plan });
    const counts = { recordsIn: 1, recordsOut: 1, recordsSkipped: 0, processingMs: 1, schedulingDelayMs: 0 };
    await runs.writeBatch(fence, {
      kind: 'commit',
      commit: { timeline: 1, batchId, ...stand, ...counts },
      next: undefined,
    });
  }
  const stop = async (): Promise<void> => {
    await jobs.order(id, 'stop', by);
    await runs.end(fence, { kind: 'drained', reason: 'stop' });
  };
  const next = async (): Promise<ClaimedRun> => {
    const run = await claimNext(all, runnerId);
    await runs.markRunning(run.fence);
    return run;
  };
  return { ...all, tenantId, id, jobs, recovery, runs, fence, stop, next };
}

/** The checkpoint's offsets, and all that was read since. */
const BACK = {
  offsets: { in: { a: 10 } },
  identities: { in: { a: '1/a/>20/1/a+', b: '/>5/1/b' } },
};

describe('what a job has read since a checkpoint is known', () => {
  postgresTest('where it is rolled back there', async ({ dataSource }) => {
    const { recovery, id, runs, fence, next } = await aJobThatReadOn(dataSource);
    await recovery.orderRollback(id, { id: 'rbk_1' as RollbackId, checkpointId: CHECKPOINT }, by);
    await runs.end(fence, { kind: 'drained', reason: 'redeploy' });
    expect((await next()).base).toMatchObject(BACK);
  });

  postgresTest('where it is started from there, until somebody sets or forgets the offset', async ({ dataSource }) => {
    const { id, jobs, offsets, tenantId, stop, next, runs } = await aJobThatReadOn(dataSource);
    await stop();
    const startMode = { mode: 'checkpoint', checkpointId: CHECKPOINT } as const;
    await jobs.order(id, 'start', { ...by, startMode });
    const { base, fence } = await next();
    expect(base).toMatchObject(BACK);
    await runs.end(fence, { kind: 'ask', code: 'offsets_expired', reason: 'gone' });
    const edit = { set: { in: { a: 10 } }, identities: { in: { a: '1/pinned' } }, forget: { in: ['b'] } };
    const how = { ...by, state: 'keep', dryRun: false } as const;
    expect(await offsets.forTenant(tenantId).edit(id, edit, how)).toMatchObject({
      outcome: 'edited',
      checkpointId: CHECKPOINT,
    });
    await jobs.order(id, 'start', by);
    expect((await next()).base).toMatchObject({ offsets: { in: { a: 10 } }, identities: { in: { a: '1/pinned' } } });
  });

  postgresTest('and no reason against a savepoint of that place', async ({ dataSource }) => {
    const { recovery, id, jobs, runs, fence, next } = await aJobThatReadOn(dataSource);
    await recovery.orderRollback(id, { id: 'rbk_1' as RollbackId, checkpointId: CHECKPOINT }, by);
    await runs.end(fence, { kind: 'drained', reason: 'redeploy' });
    const back = await next();
    await jobs.order(id, 'stop', by);
    await runs.end(back.fence, { kind: 'drained', reason: 'stop' });

    const savepoint = { id: 'sav_1' as SavepointId, label: 'back' };
    expect(await recovery.requestSavepoint(id, savepoint, by)).toMatchObject({
      outcome: 'requested',
      savepoint: { status: 'complete', checkpointId: CHECKPOINT },
    });
  });

  postgresTest('where a revision on probation goes back by itself', async ({ dataSource }) => {
    const { id, jobs, runs, fence, next } = await aJobThatReadOn(dataSource);
    await jobs.addRevision(id, aRevision({ manifest: MANIFEST }), by);
    await runs.end(fence, { kind: 'drained', reason: 'redeploy' });
    const second = await next();
    expect(second).toMatchObject({ revision: { number: 2 }, probation: { back: { checkpointId: CHECKPOINT } } });
    await runs.end(second.fence, { kind: 'unhealthy', code: 'revision_unhealthy', reason: 'too slow' });
    const { revision, base } = await next();
    expect(revision.number).toBe(1);
    expect(base).toMatchObject(BACK);
  });

  postgresTest('where a fork begins there', async ({ dataSource }) => {
    const { recovery, id, next } = await aJobThatReadOn(dataSource);
    const { config, options } = aRevision();
    const order: NewFork = {
      ...{ id: aJobId(), name: 'fork', bundleDigest: aDigest(), manifest: MANIFEST },
      ...{ config, options, checkpointId: CHECKPOINT },
    };
    expect(await recovery.fork(id, order, by)).toMatchObject({ outcome: 'forked' });
    expect((await next()).base).toMatchObject(BACK);
  });
});
