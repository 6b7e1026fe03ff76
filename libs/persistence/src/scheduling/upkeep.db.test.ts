import type { CheckpointId, Fence, JobId, TenantId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import {
  aCheckpoint,
  aClaimedRun,
  aSubmittedJob,
  aTenant,
  aWrittenCheckpoint,
  claimNext,
  stores,
  type Stores,
} from '../testing.js';

const HOUR_MS = 3_600_000;
const id = (batchId: number): CheckpointId => `ckp_${String(batchId).padStart(4, '0')}` as CheckpointId;
const ask = { againAfterMs: HOUR_MS, except: [] };

async function aRunningJob(dataSource: DataSource) {
  const tenantId = await aTenant(dataSource);
  const jobId = await aSubmittedJob(dataSource, tenantId);
  const run = await aClaimedRun(dataSource);
  return { ...stores(dataSource), ...run, tenantId, jobId, fence: run.claimed.fence };
}

async function take(
  { runs }: Pick<Stores, 'runs'>,
  fence: Fence,
  batchId: number,
  more: { readonly buildsOn?: readonly string[]; readonly bytes?: number } = {},
) {
  const { buildsOn = [], bytes = 1 } = more;
  const begun = await runs.beginCheckpoint(fence, aCheckpoint(id(batchId), batchId, { buildsOn }));
  if (begun !== 'done') return begun;
  return runs.completeCheckpoint(fence, id(batchId), { ...aWrittenCheckpoint, bytesWritten: bytes, manifestBytes: 0 });
}

const eventsOf = async (
  { jobs }: Pick<Stores, 'jobs'>,
  tenantId: TenantId,
  jobId: JobId,
  type: string,
): Promise<readonly unknown[]> =>
  (await jobs.forTenant(tenantId).listEvents(jobId, { limit: 100 }))
    .filter((event) => event.type === type)
    .map(({ data }) => data);

describe('what is read back next', () => {
  postgresTest('is the newest that was not, then the older ones, then nothing', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    for (const batchId of [1, 2, 3]) await take(job, job.fence, batchId);
    await job.runs.beginCheckpoint(job.fence, aCheckpoint(id(4), 4));

    for (const batchId of [3, 2, 1]) {
      const next = await job.upkeep.nextToVerify(ask);
      expect(next).toMatchObject({ id: id(batchId), path: id(batchId), jobId: job.jobId, tenantId: job.tenantId });
      await job.upkeep.noteVerified(id(batchId));
    }
    expect(await job.upkeep.nextToVerify(ask)).toBeUndefined();

    await dataSource.query(`UPDATE checkpoints SET verified_at = now() - interval '2 hours' WHERE id <> $1`, [id(3)]);
    expect(await job.upkeep.nextToVerify(ask)).toMatchObject({ id: id(2) });
    expect(await job.upkeep.nextToVerify({ ...ask, except: [id(2)] })).toMatchObject({ id: id(1) });
  });

  postgresTest('is of the job that has waited the longest', async ({ dataSource }) => {
    const one = await aRunningJob(dataSource);
    await take(one, one.fence, 1);
    await one.upkeep.noteVerified(id(1));
    await aSubmittedJob(dataSource, one.tenantId);
    const { fence } = await claimNext(one, one.runnerId);
    await take(one, fence, 11);
    await take(one, one.fence, 2);

    expect(await one.upkeep.nextToVerify(ask)).toMatchObject({ id: id(11) });
    await one.upkeep.noteVerified(id(11));
    expect(await one.upkeep.nextToVerify(ask)).toMatchObject({ id: id(2) });
  });

  postgresTest('names the folders that were read back not long ago', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await take(job, job.fence, 1);
    await take(job, job.fence, 2, { buildsOn: [id(1)] });
    await take(job, job.fence, 3, { buildsOn: [id(1), id(2)] });
    await job.upkeep.noteVerified(id(1));
    expect(await job.upkeep.nextToVerify(ask)).toMatchObject({ id: id(3), known: [id(1)] });

    await dataSource.query(`UPDATE checkpoints SET verified_at = now() - interval '2 hours' WHERE id = $1`, [id(1)]);
    expect(await job.upkeep.nextToVerify(ask)).toMatchObject({ id: id(3), known: [] });
  });
});

describe('a checkpoint that is found unreadable', () => {
  postgresTest(
    'I9: holds the others, one of which is the newest then, against who has looked already',
    async ({ dataSource }) => {
      const job = await aRunningJob(dataSource);
      for (const batchId of [1, 2, 3]) await take(job, job.fence, batchId);
      const holds = async (): Promise<readonly number[]> => {
        const rows = await dataSource.query<{ holds: number }[]>('SELECT holds FROM checkpoints ORDER BY id');
        return rows.map((row) => row.holds);
      };
      const before = await holds();

      await job.upkeep.markUnreadable(id(3), 'its base is damaged');
      expect((await holds()).slice(0, 2)).toEqual(before.slice(0, 2).map((times) => times + 1));

      await job.runs.rejectCheckpoint(job.fence, id(2), 'it is missing');
      expect((await holds())[0]).toBeGreaterThanOrEqual((before[0] ?? 0) + 2);
    },
  );

  postgresTest('is never restored, and its job is told', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    for (const batchId of [1, 2]) await take(job, job.fence, batchId);
    expect(await job.upkeep.markUnreadable(id(2), 'state/1: it is missing')).toBe(true);
    expect(await job.upkeep.markUnreadable(id(2), 'state/1: it is missing')).toBe(false);
    // Nor twice, where a run has found it damaged as well.
    expect(await job.runs.rejectCheckpoint(job.fence, id(2), 'state/1: it is gone')).toMatchObject({ wasKnown: true });

    await job.runs.end(job.fence, { kind: 'drained', reason: 'runner_shutdown' });
    expect(await claimNext(job, job.runnerId)).toMatchObject({ checkpoint: { id: id(1) } });
    expect(await eventsOf(job, job.tenantId, job.jobId, 'checkpoint.unreadable')).toEqual([
      { checkpointId: id(2), reason: 'state/1: it is missing' },
    ]);
  });

  postgresTest('is not marked once the collector has it', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    for (const batchId of [1, 2, 3]) await take(job, job.fence, batchId);
    await job.scheduling.retireCheckpoints({ perTimeline: 1 });
    expect(await job.upkeep.markUnreadable(id(1), 'it is missing')).toBe(false);
    await job.upkeep.noteVerified(id(1));
    expect(await job.jobs.forTenant(job.tenantId).findCheckpoint(job.jobId, id(1))).toMatchObject({
      status: 'deleted',
      verifiedAt: undefined,
    });
  });

  postgresTest('is news from the run that finds it collected, and is counted', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    for (const batchId of [1, 2, 3]) await take(job, job.fence, batchId);
    await job.scheduling.retireCheckpoints({ perTimeline: 1 });
    const reject = () => job.runs.rejectCheckpoint(job.fence, id(1), 'manifest.json: it is missing');

    expect(await reject()).toMatchObject({ outcome: 'decided', wasKnown: false });
    expect(await reject()).toMatchObject({ outcome: 'decided', wasKnown: true });
  });

  postgresTest('is not built on any more by the run that still has it', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await take(job, job.fence, 1);
    await take(job, job.fence, 2, { buildsOn: [id(1)] });
    expect(await take(job, job.fence, 3, { buildsOn: [id(1), id(2)] })).toBe('done');
    await job.upkeep.markUnreadable(id(3), 'its base is damaged');

    expect(await take(job, job.fence, 4, { buildsOn: [id(1), id(2)] })).toBe('base_gone');
    expect(await take(job, job.fence, 5)).toBe('done');
    expect(await take(job, job.fence, 6, { buildsOn: [id(5)] })).toBe('done');
  });
});

describe('a tenant over its limit on bytes', () => {
  postgresTest('is told once, has its checkpoints stretched, and is told when it is over', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await take(job, job.fence, 1, { bytes: 150 });
    await job.upkeep.judgeQuotas();
    expect(await job.retention.pressureOn(job.tenantId)).toBeUndefined();

    await job.retention.setOfTenant(job.tenantId, { bytes: 100 });
    await job.scheduling.retireCheckpoints({ perTimeline: 5 });
    await Promise.all([job.upkeep.judgeQuotas(), job.upkeep.judgeQuotas()]);
    expect(await job.retention.pressureOn(job.tenantId)).toMatchObject({ bytes: 150, quotaBytes: 100, stretch: 2 });
    expect(await stretchOf(job)).toBe(2);
    const told = { bytes: 150, quotaBytes: 100, stretch: 2 };
    expect(await eventsOf(job, job.tenantId, job.jobId, 'checkpoint.quota_pressure')).toEqual([told]);

    await job.retention.setOfTenant(job.tenantId, { bytes: 10 });
    await job.upkeep.judgeQuotas();
    expect(await stretchOf(job)).toBe(8);

    await job.retention.setOfTenant(job.tenantId, {});
    await job.upkeep.judgeQuotas();
    await job.upkeep.judgeQuotas();
    expect(await stretchOf(job)).toBe(1);
    expect(await eventsOf(job, job.tenantId, job.jobId, 'checkpoint.quota_relieved')).toEqual([
      { bytes: 150, quotaBytes: null },
    ]);
  });

  postgresTest('still begins, completes and restores every checkpoint', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await job.retention.setOfTenant(job.tenantId, { bytes: 0 });
    for (const batchId of [1, 2, 3]) {
      expect(await take(job, job.fence, batchId, { bytes: 1_000 })).toBe('done');
      await job.scheduling.retireCheckpoints({ perTimeline: 5 });
      await job.upkeep.judgeQuotas();
    }
    await job.runs.end(job.fence, { kind: 'drained', reason: 'runner_shutdown' });
    expect(await claimNext(job, job.runnerId)).toMatchObject({ checkpoint: { id: id(3) } });
  });

  const stretchOf = async ({ runs, runnerId, fence }: Awaited<ReturnType<typeof aRunningJob>>) => {
    const beat = await runs.heartbeat(runnerId);
    return beat.outcome === 'alive' ? beat.orders.get(fence.runId)?.checkpointStretch : undefined;
  };
});

describe('objects without a row', () => {
  const graceMs = HOUR_MS;
  const part = 'checkpoints';

  postgresTest('are due once every one of them has been known for the grace period', async ({ dataSource }) => {
    const { upkeep, tenantId, jobId, runs, fence } = await aRunningJob(dataSource);
    await runs.beginCheckpoint(fence, aCheckpoint(id(1), 1, { path: 'being-written' }));
    const written = { path: 'being-written', objects: ['being-written/a'] };
    const orphan = { path: 'orphan', objects: ['orphan/a', 'orphan/b'] };
    const note = (...groups: { readonly path: string; readonly objects: readonly string[] }[]) =>
      upkeep.noteOrphans({ tenantId, jobId, part, groups, graceMs });
    const pass = (minutes: number) =>
      dataSource.query(`UPDATE orphans SET found_at = found_at - $1 * interval '1 minute'`, [minutes]);

    expect(await note(written, orphan)).toEqual([]);
    await pass(59);
    expect(await note(written, orphan)).toEqual([]);
    await pass(1);
    expect(await note(written, orphan)).toEqual([orphan]);

    // Somebody writes into it: it is younger than it was.
    const grown = { path: 'orphan', objects: [...orphan.objects, 'orphan/c'] };
    expect(await note(written, grown)).toEqual([]);
    await pass(60);
    // A removal was cut off: what is left is no younger for it.
    const left = { path: 'orphan', objects: ['orphan/c'] };
    expect(await note(written, left)).toEqual([left]);
    expect(await note(written)).toEqual([]);
    expect(await dataSource.query('SELECT * FROM orphans')).toEqual([]);
  });

  postgresTest('of other parts of the store are those of a job that is gone', async ({ dataSource }) => {
    const { upkeep, tenantId, jobId } = await aRunningJob(dataSource);
    const groups = [{ path: `wal/${tenantId}/${jobId}`, objects: ['x'] }];
    const note = () => upkeep.noteOrphans({ tenantId, jobId, part: 'wal', groups, graceMs: 0 });
    expect(await note()).toEqual([]);
    await dataSource.query('DELETE FROM jobs');
    expect(await note()).toEqual(groups);
  });
});

describe('the sweep', () => {
  postgresTest('remembers where it stands', async ({ dataSource }) => {
    const { upkeep, tenantId, jobId } = await aRunningJob(dataSource);
    expect(await upkeep.sweepPosition()).toBeUndefined();
    await upkeep.moveSweep({ part: 'wal', tenantId, jobId });
    expect(await upkeep.sweepPosition()).toEqual({ part: 'wal', tenantId, jobId });
    await upkeep.moveSweep(undefined);
    expect(await upkeep.sweepPosition()).toBeUndefined();
  });

  postgresTest('pages through tenants, and knows the jobs of each', async ({ dataSource }) => {
    const { upkeep, tenantId, jobId } = await aRunningJob(dataSource);
    const second = await aTenant(dataSource);
    const [first, last] = [tenantId, second].sort();
    expect(await upkeep.listTenants(undefined, 1)).toEqual([first]);
    expect(await upkeep.listTenants(first, 5)).toEqual([last]);
    expect(await upkeep.listJobs(tenantId)).toEqual([jobId]);
    expect(await upkeep.listJobs(second)).toEqual([]);
  });
});

describe('usage', () => {
  postgresTest('counts bytes and checkpoints for the tenant and each of its jobs', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await take(job, job.fence, 1, { bytes: 30 });
    await take(job, job.fence, 2, { bytes: 5, buildsOn: [id(1)] });
    await job.upkeep.noteVerified(id(2));
    const idle = await aSubmittedJob(dataSource, job.tenantId);

    expect(await job.retention.usage(job.tenantId, 10)).toMatchObject({
      bytes: 35,
      checkpoints: 2,
      verified: 1,
      quotaBytes: undefined,
      jobs: [
        { jobId: job.jobId, bytes: 35, checkpoints: 2 },
        { jobId: idle, bytes: 0, checkpoints: 0 },
      ],
    });
    expect((await job.retention.usage(job.tenantId, 1)).jobs).toHaveLength(1);
    expect(await job.retention.usage(await aTenant(dataSource), 10)).toMatchObject({ bytes: 0, jobs: [] });
  });
});
