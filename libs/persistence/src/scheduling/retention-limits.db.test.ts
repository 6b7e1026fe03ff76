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

const DAY_MS = 86_400_000;
const FALLBACK = 5;

interface Running extends Pick<Stores, 'runs' | 'scheduling' | 'upkeep' | 'retention'> {
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly fence: Fence;
  readonly dataSource: DataSource;
}

async function aRunningJob(dataSource: DataSource): Promise<Running> {
  const tenantId = await aTenant(dataSource);
  const jobId = await aSubmittedJob(dataSource, tenantId);
  const { claimed } = await aClaimedRun(dataSource);
  return { ...stores(dataSource), tenantId, jobId, fence: claimed.fence, dataSource };
}

const id = (batchId: number): CheckpointId => `ckp_${String(batchId).padStart(4, '0')}` as CheckpointId;

/** Complete checkpoints of these own bytes, in the order of batches 1, 2, 3 …; each on its own, or on the one before. */
async function someCheckpoints(
  { runs, fence }: Pick<Running, 'runs' | 'fence'>,
  bytes: readonly number[],
  { bases, from = 1 }: { readonly bases?: readonly number[]; readonly from?: number } = {},
): Promise<void> {
  let buildsOn: string[] = [];
  for (const [index, bytesWritten] of bytes.entries()) {
    const batchId = from + index;
    if (bases === undefined || bases.includes(batchId)) buildsOn = [];
    expect(await runs.beginCheckpoint(fence, aCheckpoint(id(batchId), batchId, { buildsOn }))).toBe('done');
    const written = { ...aWrittenCheckpoint, bytesWritten, manifestBytes: 0 };
    expect(await runs.completeCheckpoint(fence, id(batchId), written)).toBe('done');
    buildsOn = [...buildsOn, id(batchId)];
  }
}

async function retired({ scheduling }: Pick<Running, 'scheduling'>, perTimeline = FALLBACK): Promise<string[]> {
  const gone = await scheduling.retireCheckpoints({ perTimeline });
  await scheduling.forgetCheckpoints(gone.map((each) => each.id));
  return gone.map((each) => each.id).sort();
}

const ids = (...batches: number[]): string[] => batches.map(id);

describe('how many checkpoints are kept', () => {
  postgresTest('is what the job says, where its tenant does not say less', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await someCheckpoints(job, Array<number>(10).fill(1));
    expect(await retired(job)).toEqual(ids(1, 2, 3, 4, 5));

    await job.retention.setOfJob(job.tenantId, job.jobId, { checkpoints: 4 });
    expect(await retired(job)).toEqual(ids(6));
    await job.retention.setOfTenant(job.tenantId, { checkpoints: 3 });
    expect(await retired(job)).toEqual(ids(7));
    await job.retention.setOfTenant(job.tenantId, { checkpoints: 9 });
    expect(await retired(job)).toEqual([]);
    await job.retention.setOfJob(job.tenantId, job.jobId, {});
    await someCheckpoints(job, Array<number>(7).fill(1), { from: 11 });
    expect(await retired(job)).toEqual(ids(8));
  });

  postgresTest('never goes below the newest that was read back, whatever the limits say', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await someCheckpoints(job, [1, 1, 1, 1]);
    await job.upkeep.noteVerified(id(1));

    // The newest, the newest one on the base before, and the newest that was read back.
    await job.retention.setOfJob(job.tenantId, job.jobId, { checkpoints: 1, ageMs: 0, bytes: 0 });
    expect(await retired(job)).toEqual(ids(2));
    await job.upkeep.noteVerified(id(3));
    expect(await retired(job)).toEqual(ids(1));
  });
});

describe('a timeline that a job can return to', () => {
  postgresTest('keeps its newest checkpoints, whatever is taken on a later one', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await someCheckpoints(job, [1, 1, 1]);
    await dataSource.query('UPDATE checkpoints SET timeline = 0 WHERE id = ANY($1)', [ids(1, 2)]);
    await someCheckpoints(job, [1, 1, 1], { from: 4 });
    await job.retention.setOfTenant(job.tenantId, { checkpoints: 1, ageMs: 0, bytes: 0 });
    expect(await retired(job)).toEqual(ids(3, 4));
    expect(await retired(job)).toEqual([]);
  });
});

describe('how long checkpoints are kept', () => {
  postgresTest(
    'is the shorter of what job and tenant say, but for those that are always kept',
    async ({ dataSource }) => {
      const job = await aRunningJob(dataSource);
      await someCheckpoints(job, [1, 1, 1, 1, 1]);
      const old = (...batches: number[]): Promise<unknown> =>
        dataSource.query(`UPDATE checkpoints SET completed_at = now() - interval '3 days' WHERE id = ANY($1)`, [
          ids(...batches),
        ]);
      await old(1);
      await job.retention.setOfJob(job.tenantId, job.jobId, { ageMs: 4 * DAY_MS });
      expect(await retired(job)).toEqual([]);
      await job.retention.setOfTenant(job.tenantId, { ageMs: 2 * DAY_MS });
      expect(await retired(job)).toEqual(ids(1));
      await old(2, 3, 4, 5);
      expect(await retired(job)).toEqual(ids(2, 3));
    },
  );
});

describe('how many bytes are kept', () => {
  postgresTest('is bounded for a job, newest first', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await someCheckpoints(job, [10, 10, 10, 10, 10]);
    await job.retention.setOfJob(job.tenantId, job.jobId, { bytes: 40 });
    expect(await retired(job)).toEqual(ids(1));
    await job.retention.setOfJob(job.tenantId, job.jobId, { bytes: 39 });
    expect(await retired(job)).toEqual(ids(2));
    await job.retention.setOfJob(job.tenantId, job.jobId, { bytes: 1 });
    expect(await retired(job)).toEqual(ids(3));
  });

  postgresTest('counts a base that several build on once', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await someCheckpoints(job, [100, 1, 1, 100, 1, 1, 100, 1, 1], { bases: [1, 4, 7] });
    await job.retention.setOfJob(job.tenantId, job.jobId, { bytes: 306 });
    expect(await retired(job, 9)).toEqual([]);

    await job.retention.setOfJob(job.tenantId, job.jobId, { bytes: 305 });
    // 3 does not fit, and nothing older is kept instead of it.
    expect(await retired(job, 9)).toEqual(ids(1, 2, 3));
    expect(await job.retention.usage(job.tenantId, 10)).toMatchObject({ bytes: 204, checkpoints: 6 });
  });

  postgresTest('is bounded for all jobs of a tenant together, oldest first', async ({ dataSource }) => {
    const one = await aRunningJob(dataSource);
    await someCheckpoints(one, [10, 10, 10]);
    await aSubmittedJob(dataSource, one.tenantId);
    const [runner] = await dataSource.query<{ id: never }[]>('SELECT id FROM runners');
    const other = { ...one, fence: (await claimNext(one, runner?.id as never)).fence };
    await someCheckpoints(other, [10, 10, 10], { from: 11 });

    await one.retention.setOfTenant(one.tenantId, { bytes: 60 });
    expect(await retired(one)).toEqual([]);
    await one.retention.setOfTenant(one.tenantId, { bytes: 50 });
    expect(await retired(one)).toEqual(ids(1));
    await one.retention.setOfTenant(one.tenantId, { bytes: 0 });
    expect(await retired(one)).toEqual(ids(11));
  });

  postgresTest("is nothing to another tenant's limit", async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await someCheckpoints(job, [10, 10, 10]);
    const other = await aTenant(dataSource);
    await job.retention.setOfTenant(other, { bytes: 0, checkpoints: 1, ageMs: 0 });
    expect(await retired(job)).toEqual([]);
    expect(await job.retention.setOfJob(other, job.jobId, { bytes: 0 })).toBeUndefined();
    expect(await job.retention.ofJob(other, job.jobId)).toBeUndefined();
    expect(await retired(job)).toEqual([]);
  });
});

describe('limits', () => {
  postgresTest('say what was set and what is in effect', async ({ dataSource }) => {
    const { retention, tenantId, jobId } = await aRunningJob(dataSource);
    const none = { checkpoints: undefined, ageMs: undefined, bytes: undefined };
    expect(await retention.ofJob(tenantId, jobId)).toEqual({ own: none, tenant: none, effective: none });

    await retention.setOfTenant(tenantId, { checkpoints: 3, ageMs: 1_000, bytes: 99 });
    expect(await retention.setOfJob(tenantId, jobId, { checkpoints: 7, bytes: 50 })).toEqual({
      own: { checkpoints: 7, ageMs: undefined, bytes: 50 },
      tenant: { checkpoints: 3, ageMs: 1_000, bytes: 99 },
      effective: { checkpoints: 3, ageMs: 1_000, bytes: 50 },
    });
  });
});

describe('what a running restore has chosen', () => {
  postgresTest('is kept until the job runs, whatever the limits say', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await someCheckpoints(job, [1, 1, 1, 1]);
    await job.runs.end(job.fence, { kind: 'drained', reason: 'runner_shutdown' });
    const [scheduled] = await job.scheduling.scheduleDueJobs(1);
    if (scheduled?.outcome !== 'scheduled') throw new Error('The job was not due.');
    const verdict = { outcome: 'start', from: { kind: 'checkpoint', checkpointId: id(1) } };
    await dataSource.query('UPDATE restore_decisions SET verdict = $1::jsonb WHERE run_id = $2', [
      JSON.stringify(verdict),
      scheduled.runId,
    ]);
    expect(await retired(job, 1)).toEqual(ids(2));

    const [runner] = await dataSource.query<{ id: never }[]>('SELECT id FROM runners');
    const claimed = await job.runs.claim(scheduled.runId, runner?.id as never);
    expect(claimed?.checkpoint?.id).toBe(id(1));
    expect(await retired(job, 1)).toEqual([]);
    await job.runs.markRunning(claimed?.fence ?? job.fence);
    expect(await retired(job, 1)).toEqual(ids(1));
  });
});

describe('a savepoint', () => {
  postgresTest('is kept with all that it builds on, whatever the limits say', async ({ dataSource }) => {
    const job = await aRunningJob(dataSource);
    await someCheckpoints(job, [1, 1, 1, 1], { bases: [1, 3] });
    await dataSource.query(`UPDATE checkpoints SET kind = 'savepoint' WHERE id = $1`, [id(2)]);
    await someCheckpoints(job, [1, 1, 1], { from: 5 });
    await job.retention.setOfJob(job.tenantId, job.jobId, { checkpoints: 1, ageMs: 0, bytes: 0 });
    expect(await retired(job)).toEqual(ids(3, 4, 5));
  });
});
