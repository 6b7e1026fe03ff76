import type { CheckpointId, Fence, JobId, RollbackId, RunEnd } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import {
  aCheckpoint,
  aClaimedRun,
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
const FIRST = 'ckp_1' as CheckpointId;
const STOPPED: RunEnd = { kind: 'drained', reason: 'stop' };
const INTERRUPTED: RunEnd = { kind: 'drained', reason: 'runner_shutdown' };

const flowOf = (downtime: 'skip' | 'coalesce') => ({ trigger: 'interval', downtime, backPressure: false }) as const;

interface Kind {
  readonly downtime?: 'skip' | 'coalesce';
  /** Whether its source says what offsets are positions of. */
  readonly identifies?: boolean;
}

/** A job that has committed three batches of ten positions each, with a checkpoint of the first. */
async function aRunningJob(dataSource: DataSource, { downtime = 'skip', identifies = false }: Kind = {}) {
  const node = { id: 0, kind: 'source', uid: 'numbers', inputs: [], connector: 'files', options: {}, at: '' } as const;
  const manifest = aManifest({ flow: flowOf(downtime), nodes: [node] });
  const tenantId = await aTenant(dataSource, manifest);
  const id = await aSubmittedJob(dataSource, tenantId);
  const all = stores(dataSource);
  const { claimed, runs, runnerId } = await aClaimedRun(dataSource);
  const { fence } = claimed;
  await runs.markRunning(fence);

  const identityAt = (offset: number) => (identifies ? { numbers: { '0': `at ${offset}` } } : {});
  const commit = async (of: Fence, batchId: number, { timeline = 1, to = batchId * 10 } = {}): Promise<void> => {
    const ranges = { numbers: { '0': { from: to - 10, to } } };
    await runs.writeBatch(of, { kind: 'plan', plan: { timeline, batchId, batchTimeMs: batchId * 500, ranges } });
    const counts = { recordsIn: 10, recordsOut: 1, recordsSkipped: 0, processingMs: 4, schedulingDelayMs: 0 };
    const identities = identityAt(to);
    const written = { timeline, batchId, nextOffsets: { numbers: { '0': to } }, identities, ...counts };
    await runs.writeBatch(of, { kind: 'commit', commit: written, next: undefined });
  };
  const checkpoint = async (of: Fence, ckp: CheckpointId, batchId: number): Promise<void> => {
    await runs.beginCheckpoint(of, aCheckpoint(ckp, batchId, { identities: identityAt(batchId * 10) }));
    await runs.completeCheckpoint(of, ckp, aWrittenCheckpoint);
  };
  for (const batchId of [1, 2, 3]) await commit(fence, batchId);
  await checkpoint(fence, FIRST, 1);
  const jobs = all.jobs.forTenant(tenantId);
  const rest = async (of: Fence): Promise<void> => {
    await jobs.order(id, 'stop', by);
    await runs.end(of, STOPPED);
  };
  const next = async () => {
    const run = await claimNext(all, runnerId);
    await runs.markRunning(run.fence);
    return run;
  };
  return { ...all, tenantId, id, jobs, manifest, fence, commit, checkpoint, rest, next, runs };
}

async function fork(job: Awaited<ReturnType<typeof aRunningJob>>, of: JobId, checkpointId: CheckpointId) {
  const id: JobId = aJobId();
  const { config, options, bundleDigest } = aRevision();
  const made = { id, name: id, bundleDigest, manifest: job.manifest, config, options };
  await job.recovery.forTenant(job.tenantId).fork(of, { ...made, checkpointId }, by);
  const claimed = await job.next();
  expect(claimed.fence.jobId).toBe(id);
  return claimed;
}

async function rollBack({ recovery, tenantId, jobs, id }: Awaited<ReturnType<typeof aRunningJob>>, n = 1) {
  const rollback = { id: `rbk_${n}` as RollbackId, checkpointId: FIRST };
  await recovery.forTenant(tenantId).orderRollback(id, rollback, by);
  await jobs.order(id, 'start', by);
}

describe('a run of a job that skips downtimes is told how far the job has read on timelines that it has left', () => {
  postgresTest('after a rollback, and in each run until it has read all of it again', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await job.rest(job.fence);
    await rollBack(job);
    const first = await job.next();
    expect(first.base).toMatchObject({ timeline: 2, batchId: 1, offsets: { numbers: { '0': 10 } } });
    expect(first.base.readBefore).toEqual({ numbers: { '0': 30 } });

    await job.commit(first.fence, 2, { timeline: 2 });
    await job.runs.end(first.fence, INTERRUPTED);
    expect((await job.next()).base.readBefore).toEqual({ numbers: { '0': 30 } });
  });

  postgresTest('the furthest of several, also where the last one had not come as far', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await job.rest(job.fence);
    await rollBack(job);
    const second = await job.next();
    await job.commit(second.fence, 2, { timeline: 2, to: 15 });
    await job.rest(second.fence);
    await rollBack(job, 2);
    const third = await job.next();
    expect(third.base).toMatchObject({ timeline: 3, readBefore: { numbers: { '0': 30 } } });
  });

  postgresTest(
    'from what an earlier run was told, and from the timelines left since then alone',
    async ({ dataSource }) => {
      const job = await aRunningJob(dataSource);
      await job.rest(job.fence);
      await rollBack(job);
      const second = await job.next();
      await job.commit(second.fence, 2, { timeline: 2, to: 40 });
      await job.rest(second.fence);
      // Whoever looked at the first timeline again would come upon this.
      await dataSource.query(`UPDATE batches SET next_offsets = '{"numbers": {"0": 99}}' WHERE timeline = 1`);
      await rollBack(job, 2);
      const third = await job.next();
      expect(third.base).toMatchObject({ timeline: 3, readBefore: { numbers: { '0': 40 } } });
      await job.runs.end(third.fence, INTERRUPTED);
      expect((await job.next()).base.readBefore).toEqual({ numbers: { '0': 40 } });
      const noted = await dataSource.query('SELECT timeline FROM timelines WHERE reached_before IS NOT NULL');
      expect(noted).toEqual([{ timeline: 3 }]);
    },
  );

  postgresTest('although the log of that timeline is kept only by its checkpoint', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await job.checkpoint(job.fence, 'ckp_3' as CheckpointId, 3);
    await job.rest(job.fence);
    await rollBack(job);
    await job.scheduling.retireCheckpoints({ perTimeline: 1 });
    await dataSource.query('DELETE FROM batches WHERE batch_id <= 3');
    expect((await job.next()).base.readBefore).toEqual({ numbers: { '0': 30 } });
  });

  postgresTest('where offsets were set back', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await job.rest(job.fence);
    const edit = { set: { numbers: { '0': 5 } }, identities: {}, forget: {} };
    const edited = await job.offsets
      .forTenant(job.tenantId)
      .edit(job.id, edit, { ...by, state: 'empty', dryRun: false });
    expect(edited).toMatchObject({ outcome: 'edited', timeline: 2 });
    await job.jobs.order(job.id, 'start', by);
    expect((await job.next()).base).toMatchObject({
      offsets: { numbers: { '0': 5 } },
      readBefore: { numbers: { '0': 30 } },
    });
  });

  postgresTest('as a fork is told how far the other job had read by then', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource, { identifies: true });
    await job.rest(job.fence);
    const claimed = await fork(job, job.id, FIRST);
    expect(claimed.base).toMatchObject({ batchId: 1, readBefore: { numbers: { '0': 30 } } });
  });

  postgresTest('as a fork is told, too, of a job that has not read all of it again', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource, { identifies: true });
    await job.rest(job.fence);
    await rollBack(job);
    const back = await job.next();
    await job.commit(back.fence, 2, { timeline: 2, to: 15 });
    await job.rest(back.fence);
    const claimed = await fork(job, job.id, FIRST);
    expect(claimed.base).toMatchObject({ batchId: 1, readBefore: { numbers: { '0': 30 } } });
  });

  postgresTest('as a fork is told, still, once it has gone back itself', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource, { identifies: true });
    await job.rest(job.fence);
    const { fence } = await fork(job, job.id, FIRST);
    const { jobId } = fence;
    await job.commit(fence, 2, { to: 15 });
    await job.runs.beginCheckpoint(fence, aCheckpoint('ckp_2', 2, {}));
    await job.runs.completeCheckpoint(fence, 'ckp_2' as CheckpointId, aWrittenCheckpoint);
    await job.commit(fence, 3, { to: 20 });
    await job.jobs.order(jobId, 'stop', by);
    await job.runs.end(fence, STOPPED);
    const back = { id: 'rbk_1' as RollbackId, checkpointId: 'ckp_2' as CheckpointId };
    await job.recovery.forTenant(job.tenantId).orderRollback(jobId, back, by);
    await job.jobs.order(jobId, 'start', by);
    expect((await job.next()).base).toMatchObject({ timeline: 2, readBefore: { numbers: { '0': 30 } } });
  });

  postgresTest(
    'when its checkpoint turns out to be damaged and it begins with offsets alone',
    async ({ dataSource }) => {
      const job = await aRunningJob(dataSource);
      await job.rest(job.fence);
      await rollBack(job);
      const { fence } = await job.next();
      const again = await job.runs.rejectCheckpoint(fence, FIRST, 'a byte is another one');
      expect(again).toMatchObject({ outcome: 'decided', base: { readBefore: { numbers: { '0': 30 } } } });
    },
  );

  postgresTest('and no run of another job is', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource, { downtime: 'coalesce' });
    await job.rest(job.fence);
    await rollBack(job);
    expect((await job.next()).base).not.toHaveProperty('readBefore');
  });
});
