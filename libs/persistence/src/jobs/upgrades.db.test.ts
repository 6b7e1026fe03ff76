import {
  NO_UPGRADE_OPTIONS,
  DEFAULT_HEALTH,
  planUpgrade,
  type BundleManifest,
  type CheckpointId,
  type JobConfig,
  type JobId,
  type PlanId,
  type StateShape,
} from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import type { DataSource } from 'typeorm';
import { JobRow, RevisionRow } from '../rows/index.js';
import {
  aCheckpoint,
  aClaimedRun,
  aConfig,
  aDigest,
  aManifest,
  aRevision,
  aSubmittedJob,
  aTenant,
  aWrittenCheckpoint,
  claimNext,
  stores,
} from '../testing.js';

const by = { actor: 'test', trace: undefined };

const aShape = (more: Partial<StateShape> = {}): StateShape => ({
  kind: 'updateStateByKey',
  key: 'json',
  value: 'json',
  codec: { name: 'json', version: 1 },
  parameters: {},
  ...more,
});
const source = { id: 0, kind: 'source', uid: 'in', inputs: [], connector: 'files', options: {}, at: '' } as const;
const before = aManifest({
  nodes: [source],
  shapes: { totals: aShape(), recent: aShape({ parameters: { windowMs: 10 } }) },
});
const after = aManifest({
  nodes: [source],
  shapes: { totals: aShape(), recent: aShape({ parameters: { windowMs: 20 } }) },
});

/** A job that runs and has a committed batch and a checkpoint, and a bundle whose window does not fit. */
async function aRunningJob(dataSource: DataSource) {
  const tenantId = await aTenant(dataSource, before);
  const store = stores(dataSource).jobs.forTenant(tenantId);
  const digest = aDigest('b');
  await store.saveBundle({ tenantId, digest, bytes: 1, manifest: after, createdAt: new Date(0) });
  const id = await aSubmittedJob(dataSource, tenantId);
  const { claimed, runs, runnerId } = await aClaimedRun(dataSource);
  const { fence } = claimed;
  await runs.markRunning(fence);
  const plan = { timeline: 1, batchId: 1, batchTimeMs: 500, ranges: { in: { '0': { from: 0, to: 7 } } } };
  await runs.writeBatch(fence, { kind: 'plan', plan });
  const counts = { recordsIn: 1, recordsOut: 1, recordsSkipped: 0, processingMs: 40, schedulingDelayMs: 0 };
  const commit = { timeline: 1, batchId: 1, nextOffsets: { in: { '0': 7 } }, ...counts };
  await runs.writeBatch(fence, { kind: 'commit', commit, next: undefined });
  const checkpoint = aCheckpoint('ckp_1', 1, { shapes: before.shapes });
  await runs.beginCheckpoint(fence, checkpoint);
  await runs.completeCheckpoint(fence, checkpoint.id, aWrittenCheckpoint);
  const deploy = (restorePolicy: 'ask' | 'fail' | 'reset_keep_offsets', manifest: BundleManifest = after) =>
    store.addRevision(id, aRevision({ bundleDigest: digest, manifest, config: aConfig({ restorePolicy }) }), by);
  return { id, store, fence, runs, runnerId, deploy, digest };
}

const eventsOf = async (store: Awaited<ReturnType<typeof aRunningJob>>['store'], id: JobId) =>
  (await store.listEvents(id, { limit: 100 })).map(({ type }) => type);

describe('an upgrade whose state does not fit', () => {
  postgresTest('waits under the policy that asks, while the old revision goes on', async ({ dataSource }) => {
    const { id, store, deploy } = await aRunningJob(dataSource);
    expect(await deploy('ask')).toMatchObject({
      outcome: 'ordered',
      job: {
        status: 'running',
        revision: 1,
        upgrade: { revision: 2, objections: ['"recent": windowMs was 10 and is now 20'] },
      },
    });
    expect(await eventsOf(store, id)).toContain('job.upgrade_waits');
    expect(await store.listRevisions(id, { limit: 10 })).toHaveLength(2);
  });

  postgresTest('is refused under the policy that fails, and leaves nothing behind', async ({ dataSource }) => {
    const { id, store, deploy } = await aRunningJob(dataSource);
    expect(await deploy('fail')).toEqual({
      outcome: 'upgrade_refused',
      objections: ['"recent": windowMs was 10 and is now 20'],
    });
    expect(await store.find(id)).toMatchObject({ revision: 1, upgrade: undefined, status: 'running' });
    expect(await store.listRevisions(id, { limit: 10 })).toHaveLength(1);
  });

  postgresTest('comes under the policy that resets: only what does not fit starts empty', async ({ dataSource }) => {
    const { id, store, deploy, runs, fence } = await aRunningJob(dataSource);
    expect(await deploy('reset_keep_offsets')).toMatchObject({ job: { revision: 2, upgrade: undefined } });
    await runs.end(fence, { kind: 'drained', reason: 'redeploy' });
    await stores(dataSource).scheduling.scheduleDueJobs(1);
    expect(await store.listDecisions(id, { limit: 1 })).toMatchObject([
      { trigger: 'redeploy', verdict: { from: { checkpointId: 'ckp_1' }, reasonCode: 'OPERATORS_RESET' } },
    ]);
  });
});

describe('a revision that takes over what another one has kept', () => {
  postgresTest('is on probation, also where the runner of that one is lost on the way', async ({ dataSource }) => {
    const { id, store, runs, fence, runnerId } = await aRunningJob(dataSource);
    await store.addRevision(id, aRevision({ manifest: before }), by);
    await runs.disown(fence.runId, runnerId);
    const claimed = await claimNext(stores(dataSource), runnerId);
    expect(claimed).toMatchObject({
      decision: { trigger: 'crash' },
      probation: { revision: 2, back: { revision: 1, checkpointId: 'ckp_1' } },
    });
  });

  postgresTest('is on probation when it is started after it was deployed to a stopped job', async ({ dataSource }) => {
    const { id, store, runs, fence, runnerId } = await aRunningJob(dataSource);
    await store.order(id, 'stop', by);
    await runs.end(fence, { kind: 'drained', reason: 'stop' });
    await store.addRevision(id, aRevision({ manifest: before }), by);
    await store.order(id, 'start', by);
    expect(await claimNext(stores(dataSource), runnerId)).toMatchObject({ probation: { revision: 2 } });
  });
});

describe('a revision that waits', () => {
  postgresTest('comes with what does not fit empty, once somebody has said so', async ({ dataSource }) => {
    const { id, store, deploy, runs, fence } = await aRunningJob(dataSource);
    await deploy('ask');
    expect(await store.decideUpgrade(id, 'reset', by)).toMatchObject({ job: { revision: 2, upgrade: undefined } });
    expect(await store.findRevision(id, 2)).toMatchObject({ options: { resets: ['recent'] } });
    await runs.end(fence, { kind: 'drained', reason: 'redeploy' });
    await stores(dataSource).scheduling.scheduleDueJobs(1);
    const [decision] = await store.listDecisions(id, { limit: 1 });
    expect(decision).toMatchObject({ verdict: { reasonCode: 'OPERATORS_RESET' } });
    expect(decision?.candidates[0]?.operators.map(({ verdict }) => verdict)).toEqual(['reset', 'as_is']);
  });

  postgresTest('is given up, and the next one takes a number of its own', async ({ dataSource }) => {
    const { id, store, deploy } = await aRunningJob(dataSource);
    await deploy('ask');
    expect(await store.decideUpgrade(id, 'abandon', by)).toMatchObject({ job: { revision: 1, upgrade: undefined } });
    expect(await store.decideUpgrade(id, 'abandon', by)).toEqual({ outcome: 'nothing_to_decide' });
    expect(await deploy('ask', before)).toMatchObject({ job: { revision: 3, upgrade: undefined } });
  });

  postgresTest('is not answered for a job that was cancelled meanwhile', async ({ dataSource }) => {
    const { id, store, deploy } = await aRunningJob(dataSource);
    await deploy('ask');
    await store.order(id, 'cancel', by);
    expect(await store.decideUpgrade(id, 'reset', by)).toMatchObject({ outcome: 'refused' });
    expect(await store.find(id)).toMatchObject({ revision: 1 });
  });
});

describe('a plan', () => {
  postgresTest('is made of what the job keeps now, and is kept', async ({ dataSource }) => {
    const { id, store, digest } = await aRunningJob(dataSource);
    const facts = await store.upgradeFacts(id);
    expect(facts).toMatchObject({
      revision: 1,
      stored: { checkpointId: 'ckp_1', shapes: before.shapes, rows: 1, bytes: 1 },
      committedOffsets: { in: { '0': 7 } },
      processingMs: [40],
    });
    if (facts === undefined) throw new Error('no facts');
    const config = aConfig();
    const plan = planUpgrade(facts, { manifest: after, config, options: NO_UPGRADE_OPTIONS });
    const saved = await store.savePlan({
      ...{ id: 'upl_1' as PlanId, jobId: id, revision: 1, checkpointId: facts.stored?.checkpointId },
      ...{ bundleDigest: digest, config, options: NO_UPGRADE_OPTIONS, plan, actor: 'test' },
    });
    expect(await store.findPlan(id, saved.id)).toEqual(saved);
    expect(await store.listPlans(id, { limit: 10 })).toEqual([saved]);
  });

  postgresTest(
    'knows the state with which a timeline begins, before it has a checkpoint of its own',
    async ({ dataSource }) => {
      const { id, store, runs, fence } = await aRunningJob(dataSource);
      await store.order(id, 'stop', by);
      await runs.end(fence, { kind: 'drained', reason: 'stop' });
      const checkpointId = 'ckp_1' as CheckpointId;
      await store.order(id, 'start', { ...by, startMode: { mode: 'checkpoint', checkpointId } });
      await stores(dataSource).scheduling.scheduleDueJobs(1);
      await store.order(id, 'stop', by);
      expect(await store.find(id)).toMatchObject({ timeline: 2, status: 'stopped' });
      expect(await store.upgradeFacts(id)).toMatchObject({ stored: { checkpointId, shapes: before.shapes } });
    },
  );

  postgresTest('that would not come out the same any more is not deployed', async ({ dataSource }) => {
    const { id, store, deploy, digest } = await aRunningJob(dataSource);
    const facts = await store.upgradeFacts(id);
    if (facts === undefined) throw new Error('no facts');
    const revision = aRevision({
      bundleDigest: digest,
      manifest: after,
      config: aConfig({ restorePolicy: 'reset_keep_offsets' }),
    });
    const expected = { revision: 1, plan: planUpgrade(facts, revision) };
    await deploy('reset_keep_offsets');
    expect(await store.addRevision(id, { ...revision, expected }, by)).toMatchObject({
      outcome: 'plan_outdated',
      plan: { outcome: 'proceed' },
    });
    const again = { revision: 2, plan: planUpgrade((await store.upgradeFacts(id)) ?? facts, revision) };
    expect(await store.addRevision(id, { ...revision, expected: again }, by)).toMatchObject({ job: { revision: 3 } });
  });
});

describe('a revision that takes over what another one has kept', () => {
  /** The job with its second revision claimed, from the checkpoint of the first. */
  async function aTakeover(dataSource: DataSource, config: Partial<JobConfig> = {}, kept?: object) {
    const job = await aRunningJob(dataSource);
    const next = { bundleDigest: job.digest, manifest: after };
    const revision = aRevision({ ...next, config: aConfig({ restorePolicy: 'reset_keep_offsets', ...config }) });
    await job.store.addRevision(job.id, revision, by);
    if (kept !== undefined) await dataSource.getRepository(RevisionRow).update({ number: 2 }, { config: kept });
    await job.runs.end(job.fence, { kind: 'drained', reason: 'redeploy' });
    const { claimed } = await aClaimedRun(dataSource);
    return { ...job, claimed, fence: claimed.fence };
  }

  postgresTest('is on probation, and goes back by itself when it fails', async ({ dataSource }) => {
    const { id, store, claimed, fence, runs } = await aTakeover(dataSource);
    expect(claimed.probation).toMatchObject({
      revision: 2,
      before: { processingMs: 40, msPerRecord: 40 },
      back: { revision: 1, checkpointId: 'ckp_1' },
    });
    await runs.end(fence, { kind: 'failed', code: 'job_code_threw', reason: 'no' });
    expect(await store.find(id)).toMatchObject({ status: 'scheduled', revision: 1 });
    const back = (await aClaimedRun(dataSource)).claimed;
    expect(back).toMatchObject({
      revision: { number: 1 },
      probation: undefined,
      checkpoint: { id: 'ckp_1' },
      base: { timeline: 2, after: { timeline: 1, batchId: 1 } },
      decision: { trigger: 'rollback', verdict: { reasonCode: 'ASKED_CHECKPOINT' } },
    });
    expect(await eventsOf(store, id)).toContain('revision.rolled_back');
  });

  postgresTest('does not go back for what lies outside', async ({ dataSource }) => {
    const { id, store, fence, runs } = await aTakeover(dataSource);
    await runs.end(fence, { kind: 'back_off', code: 'sink_unavailable', reason: 'down' });
    expect(await store.find(id)).toMatchObject({ status: 'backing_off', revision: 2 });
  });

  postgresTest('is held to what its own configuration says', async ({ dataSource }) => {
    const health = { batches: 7, slowdown: 1.5, growth: 2, skipped: 0 };
    const { claimed } = await aTakeover(dataSource, { health });
    expect(claimed.probation?.limits).toEqual({ batches: 7, slowdownMax: 1.5, growthMax: 2, skippedMax: 0 });
  });

  postgresTest(
    'is held to the defaults where its configuration is from before there were any',
    async ({ dataSource }) => {
      const { health, ...kept } = aConfig({ restorePolicy: 'reset_keep_offsets' });
      const { claimed, store, id } = await aTakeover(dataSource, {}, kept);
      expect(claimed.probation?.limits).toMatchObject({ batches: health.batches, growthMax: health.growth });
      expect((await store.listRevisions(id, { limit: 1 }))[0]?.config).toEqual({ ...kept, health });
    },
  );

  postgresTest(
    'is not watched where its configuration says so, and leaves no way back of another one',
    async ({ dataSource }) => {
      const job = await aTakeover(dataSource);
      const probation = async () => (await dataSource.getRepository(JobRow).findOneByOrFail({ id: job.id })).probation;
      expect(await probation()).toMatchObject({ revision: 2 });
      const config = aConfig({ restorePolicy: 'reset_keep_offsets', health: { ...DEFAULT_HEALTH, batches: 0 } });
      await job.store.addRevision(job.id, aRevision({ bundleDigest: job.digest, manifest: after, config }), by);
      await job.runs.end(job.fence, { kind: 'drained', reason: 'redeploy' });
      const { claimed } = await aClaimedRun(dataSource);
      expect(claimed).toMatchObject({ revision: { number: 3 }, checkpoint: { id: 'ckp_1' }, probation: undefined });
      expect(await probation()).toBeNull();
      await job.runs.end(claimed.fence, { kind: 'failed', code: 'job_code_threw', reason: 'no' });
      expect(await job.store.find(job.id)).toMatchObject({ status: 'failed', revision: 3 });
    },
  );

  postgresTest('is watched no more once it is healthy', async ({ dataSource }) => {
    const { id, store, fence, runs } = await aTakeover(dataSource);
    expect(await runs.markHealthy(fence, 2)).toBe('done');
    await runs.end(fence, { kind: 'failed', code: 'job_code_threw', reason: 'no' });
    expect(await store.find(id)).toMatchObject({ status: 'failed', revision: 2 });
    expect(await eventsOf(store, id)).toContain('revision.healthy');
    expect(await runs.markHealthy(fence, 2)).toBe('fenced');
  });

  postgresTest('keeps the checkpoint that it may go back to, whatever else is kept', async ({ dataSource }) => {
    const { fence, runs } = await aTakeover(dataSource);
    await runs.markRunning(fence);
    for (const batchId of [2, 3, 4, 5]) {
      const checkpoint = aCheckpoint(`ckp_${batchId}`, batchId, { shapes: after.shapes, revision: 2 });
      await runs.beginCheckpoint(fence, checkpoint);
      await runs.completeCheckpoint(fence, checkpoint.id, aWrittenCheckpoint);
    }
    const { scheduling } = stores(dataSource);
    const retired = await scheduling.retireCheckpoints({ perTimeline: 1 });
    expect(retired.map(({ id }) => id)).not.toContain('ckp_1');
    await runs.markHealthy(fence, 2);
    expect((await scheduling.retireCheckpoints({ perTimeline: 1 })).map(({ id }) => id)).toContain('ckp_1');
  });
});
