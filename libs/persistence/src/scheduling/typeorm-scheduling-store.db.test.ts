import type { BatchPlan, CheckpointId, JobId, TenantId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect, vi } from 'vitest';
import {
  aCheckpoint,
  aClaimedRun,
  aConfig,
  aDigest,
  aJobId,
  aRunnerId,
  aSubmittedJob,
  aTenant,
  aWrittenCheckpoint,
  claimNext,
  stores,
} from '../testing.js';

const LEASE_MS = 5_000;
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const by = { actor: 'test', trace: undefined };

async function aTracedJob(dataSource: DataSource, tenantId: TenantId): Promise<JobId> {
  const id = aJobId();
  const job = { id, name: id, bundleDigest: aDigest(), config: aConfig() };
  await stores(dataSource).jobs.forTenant(tenantId).create(job, { actor: 'test', trace: TRACE });
  return id;
}

const jobIds = (outcomes: readonly { readonly jobId: JobId }[]): JobId[] => outcomes.map(({ jobId }) => jobId).sort();

describe('scheduling', () => {
  postgresTest('R6: announces a run in the transaction that decides its start', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aTracedJob(dataSource, tenant);
    const { scheduling, jobs } = stores(dataSource);

    const [scheduled] = await scheduling.scheduleDueJobs(10);

    const [run] = await jobs.forTenant(tenant).listRuns(id, { limit: 10 });
    expect(scheduled).toEqual({ outcome: 'scheduled', jobId: id, runId: run?.id, trigger: 'first_start' });
    expect(run).toMatchObject({ status: 'queued', revision: 1 });
    const message = { tenantId: tenant, jobId: id, runId: run?.id, traceparent: TRACE };
    const [entry] = await scheduling.readOutbox(10);
    expect(entry?.message).toEqual(message);
    expect(await scheduling.longQueuedRuns(0, 10)).toEqual([message]);
    expect(await jobs.forTenant(tenant).listDecisions(id, { limit: 10 })).toMatchObject([
      { runId: run?.id, trigger: 'first_start', verdict: { reasonCode: 'NOTHING_COMMITTED' } },
    ]);

    await scheduling.removeFromOutbox([entry?.id ?? '']);
    expect(await scheduling.readOutbox(10)).toEqual([]);
    expect(await scheduling.scheduleDueJobs(10)).toEqual([]);
  });

  postgresTest('R7: schedules each job once when two schedulers think that they lead', async ({ database }) => {
    const [one, other] = [await database.connect(), await database.connect()];
    const tenant = await aTenant(one);
    const ids = [];
    for (let made = 0; made < 8; made += 1) ids.push(await aSubmittedJob(one, tenant));

    const outcomes = await Promise.all([one, other].map((each) => stores(each).scheduling.scheduleDueJobs(10)));

    expect(jobIds(outcomes.flat())).toEqual(ids.sort());
  });

  postgresTest('goes past a job that cannot be decided about, and leaves it as it is', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const broken = await aSubmittedJob(dataSource, tenant);
    const sound = await aSubmittedJob(dataSource, tenant);
    await dataSource.query(`UPDATE revisions SET bundle_digest = 'gone' WHERE job_id = $1`, [broken]);
    const { scheduling, jobs } = stores(dataSource);

    expect(await scheduling.scheduleDueJobs(1)).toMatchObject([{ outcome: 'faulty', jobId: broken }]);
    expect(await scheduling.scheduleDueJobs(1)).toMatchObject([{ outcome: 'scheduled', jobId: sound }]);
    expect(await scheduling.scheduleDueJobs(1)).toEqual([]);

    // Once it is due again, what came due before that is first.
    const later = await aSubmittedJob(dataSource, tenant);
    await dataSource.query('UPDATE jobs SET retry_at = now() WHERE retry_at IS NOT NULL');
    expect(await scheduling.scheduleDueJobs(1)).toMatchObject([{ outcome: 'scheduled', jobId: later }]);
    expect(await scheduling.scheduleDueJobs(1)).toMatchObject([{ outcome: 'faulty', jobId: broken }]);
    expect(await jobs.forTenant(tenant).find(broken)).toMatchObject({ status: 'submitted', version: 1 });
    expect(await jobs.forTenant(tenant).listDecisions(broken, { limit: 10 })).toEqual([]);
  });

  postgresTest('goes past a job that cannot even be put off', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const broken = await aSubmittedJob(dataSource, tenant);
    const sound = await aSubmittedJob(dataSource, tenant);
    await dataSource.query(`UPDATE revisions SET bundle_digest = 'gone' WHERE job_id = $1`, [broken]);
    await dataSource.query('ALTER TABLE jobs ADD CONSTRAINT never_put_off CHECK (retry_at IS NULL)');

    expect(await stores(dataSource).scheduling.scheduleDueJobs(2)).toMatchObject([
      { outcome: 'faulty', jobId: broken },
      { outcome: 'scheduled', jobId: sound },
    ]);
  });

  postgresTest(
    'carries the trace of the submission on to every run, as long as no newer one comes',
    async ({ dataSource }) => {
      const tenant = await aTenant(dataSource);
      const id = await aTracedJob(dataSource, tenant);
      const { scheduling, runs, jobs } = stores(dataSource);
      const runnerId = aRunnerId();
      await runs.registerRunner({ id: runnerId, host: 'here', pid: 1, slots: 1, sandbox: {} });
      const first = await claimNext({ runs, scheduling }, runnerId);
      expect(first.trace).toBe(TRACE);

      await runs.end(first.fence, { kind: 'back_off', code: 'sink_unavailable', reason: 'it is down' });
      await dataSource.query('UPDATE jobs SET retry_at = NULL');
      const retried = await claimNext({ runs, scheduling }, runnerId);
      expect(retried.trace).toBe(TRACE);

      const store = jobs.forTenant(tenant);
      await runs.end(retried.fence, { kind: 'drained', reason: 'runner_shutdown' });
      await store.order(id, 'stop', by);
      await store.order(id, 'start', by);
      const resumed = await claimNext({ runs, scheduling }, runnerId);
      expect(resumed.trace).toBe(TRACE);

      const newer = TRACE.replace('b7ad6b7169203331', '00f067aa0ba902b7');
      await runs.end(resumed.fence, { kind: 'drained', reason: 'runner_shutdown' });
      await store.order(id, 'stop', by);
      await store.order(id, 'start', { ...by, trace: newer });
      expect((await claimNext({ runs, scheduling }, runnerId)).trace).toBe(newer);
    },
  );
});

describe('the jobs', () => {
  postgresTest('are counted by status, whoever has them', async ({ dataSource }) => {
    const { scheduling } = stores(dataSource);
    expect(await scheduling.countJobs()).toEqual(new Map());

    await aSubmittedJob(dataSource, await aTenant(dataSource));
    await aClaimedRun(dataSource);
    for (let jobs = 0; jobs < 2; jobs += 1) await aSubmittedJob(dataSource, await aTenant(dataSource));

    expect(await scheduling.countJobs()).toEqual(
      new Map([
        ['restoring', 1],
        ['submitted', 2],
      ]),
    );
  });
});

describe('a runner that is gone', () => {
  postgresTest('is not one that keeps its lock and its lease', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const { scheduling } = await aClaimedRun(dataSource);

    expect(await scheduling.endLostRuns(LEASE_MS)).toEqual([]);
  });

  postgresTest('R1: is noticed by its lock, long before its lease is over', async ({ database, dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const process = await database.connect();
    const { claimed, runnerId } = await aClaimedRun(process);
    await process.destroy();

    const { scheduling, jobs } = stores(dataSource);
    const { runId } = claimed.fence;
    // Postgres ends a session, and lets go of its locks, some moments after the client has gone.
    const lost = await vi.waitUntil(
      async () => {
        const ended = await scheduling.endLostRuns(LEASE_MS);
        return ended.length === 0 ? undefined : ended;
      },
      { timeout: LEASE_MS / 2, interval: 10 },
    );
    expect(lost).toEqual([{ runnerId, runId, jobId: id, status: 'scheduled' }]);
    expect(await jobs.forTenant(tenant).find(id)).toMatchObject({ status: 'scheduled', currentRun: undefined });
    expect(await scheduling.endLostRuns(LEASE_MS)).toEqual([]);
    expect(jobIds(await scheduling.scheduleDueJobs(10))).toEqual([id]);
  });

  postgresTest(
    'R2, I11: writes nothing any more, although nobody has claimed the job since',
    async ({ dataSource }) => {
      const tenant = await aTenant(dataSource);
      const id = await aSubmittedJob(dataSource, tenant);
      const { claimed, runs, scheduling } = await aClaimedRun(dataSource);
      const { fence } = claimed;
      const plan = (batchId: number): BatchPlan => ({ timeline: 1, batchId, batchTimeMs: batchId * 500, ranges: {} });
      await runs.writeBatch(fence, { kind: 'plan', plan: plan(1) });
      await runs.beginCheckpoint(fence, aCheckpoint('ckp_1', 1));
      await dataSource.query(`UPDATE runners SET heartbeat_at = now() - interval '1 hour'`);
      await stores(dataSource).jobs.forTenant(tenant).order(id, 'stop', by);
      expect(await scheduling.endLostRuns(LEASE_MS)).toHaveLength(1);

      const counts = { recordsIn: 1, recordsOut: 1, recordsSkipped: 0, processingMs: 1, schedulingDelayMs: 0 };
      const commit = { timeline: 1, batchId: 1, nextOffsets: {}, ...counts };
      expect(await runs.writeBatch(fence, { kind: 'commit', commit, next: undefined })).toEqual({ outcome: 'fenced' });
      expect(await runs.writeBatch(fence, { kind: 'plan', plan: plan(1) })).toEqual({ outcome: 'fenced' });
      expect(await runs.beginCheckpoint(fence, aCheckpoint('ckp_2', 1))).toBe('fenced');
      expect(await runs.completeCheckpoint(fence, 'ckp_1' as CheckpointId, aWrittenCheckpoint)).toBe('fenced');
      expect(await runs.rejectCheckpoint(fence, 'ckp_1' as CheckpointId, 'no reason')).toEqual({ outcome: 'fenced' });
      expect(await stores(dataSource).jobs.forTenant(tenant).find(id)).toMatchObject({
        status: 'stopped',
        lastBatch: undefined,
      });
    },
  );
});

describe('an unfinished checkpoint', () => {
  postgresTest('L3: is collected once its run has begun another, and not before', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const { claimed, runs, scheduling } = await aClaimedRun(dataSource);
    const begin = (id: string, batchId: number) => runs.beginCheckpoint(claimed.fence, aCheckpoint(id, batchId));

    await begin('ckp_1', 1);
    expect(await scheduling.retireCheckpoints({ perTimeline: 5 })).toEqual([]);

    await begin('ckp_2', 2);
    expect(await scheduling.retireCheckpoints({ perTimeline: 5 })).toEqual([{ id: 'ckp_1', path: 'ckp_1' }]);
  });
});
