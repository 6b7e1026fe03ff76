import type {
  BundleManifest,
  CheckpointId,
  JobId,
  NewCheckpoint,
  NewFork,
  RollbackId,
  SavepointId,
  StateShape,
} from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import {
  aCheckpoint,
  aClaimedRun,
  aConfig,
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
const BASE = 'ckp_7' as CheckpointId;
const shape = (windowMs: number): StateShape => ({
  ...{ kind: 'fold', key: 'json', value: 'json', codec: { name: 'json', version: 1 } },
  parameters: { windowMs },
});
const node = (uid: string) =>
  ({ id: 0, kind: 'source', uid, inputs: [], connector: 'files', options: {}, at: '' }) as const;
const OFFSETS = { numbers: { '0': 70 }, words: { a: 3 } };
const MANIFEST = aManifest({ nodes: [node('numbers'), node('words')], shapes: { totals: shape(1) } });

/** A job with a checkpoint after batch 7. */
async function aForkable(dataSource: DataSource) {
  const tenantId = await aTenant(dataSource, MANIFEST);
  const of = await aSubmittedJob(dataSource, tenantId);
  const all = stores(dataSource);
  const { claimed, runs, runnerId } = await aClaimedRun(dataSource);
  await runs.markRunning(claimed.fence);
  await runs.beginCheckpoint(claimed.fence, aCheckpoint(BASE, 7, { shapes: MANIFEST.shapes, offsets: OFFSETS }));
  await runs.completeCheckpoint(claimed.fence, BASE, aWrittenCheckpoint);
  const jobs = all.jobs.forTenant(tenantId);
  const recovery = all.recovery.forTenant(tenantId);
  const id = aJobId();
  const { config, options } = aRevision();
  const order: NewFork = {
    ...{ id, name: 'fork', bundleDigest: aDigest(), manifest: MANIFEST },
    ...{ config, options, checkpointId: BASE },
  };
  const fork = (more: Partial<NewFork> = {}, requestId?: string) =>
    recovery.fork(of, { ...order, ...more }, { ...by, requestId });
  const write = async (
    fence: typeof claimed.fence,
    n: number | string,
    of: Partial<NewCheckpoint> = {},
  ): Promise<void> => {
    const { batchId = Number(n), ...more } = of;
    await runs.beginCheckpoint(fence, aCheckpoint(`ckp_${n}`, batchId, { shapes: MANIFEST.shapes, ...more }));
    await runs.completeCheckpoint(fence, `ckp_${n}` as CheckpointId, aWrittenCheckpoint);
  };
  return { ...all, tenantId, of, id, jobs, recovery, order, fork, runs, runnerId, fence: claimed.fence, write };
}

const EDIT = { set: { numbers: { '0': 5 } }, identities: {}, forget: {} };
const KEEP = { ...by, state: 'keep', dryRun: false } as const;

const OWN = 'ckp_7_own' as CheckpointId;

/** Makes the fork, has it write a checkpoint of where it begins, and stops it before its first commit. */
async function stopAtItsBeginning(forkable: Awaited<ReturnType<typeof aForkable>>): Promise<void> {
  const { fork, id, jobs, runs, runnerId, write } = forkable;
  await fork();
  const { fence } = await claimNext(forkable, runnerId);
  await write(fence, '7_own', { batchId: 7, offsets: OFFSETS });
  await jobs.order(id, 'stop', by);
  await runs.end(fence, { kind: 'drained', reason: 'stop' });
}

describe('a fork', () => {
  postgresTest('begins with state and offsets of the checkpoint, after its batch', async ({ dataSource }) => {
    const forkable = await aForkable(dataSource);
    const { fork, id, of, jobs, runnerId } = forkable;
    expect(await fork()).toMatchObject({
      outcome: 'forked',
      job: { id, status: 'submitted', revision: 1, timeline: 1 },
    });
    expect(await claimNext(forkable, runnerId)).toMatchObject({
      fence: { jobId: id },
      checkpoint: { id: BASE, jobId: of },
      base: { timeline: 1, after: undefined, batchId: 7, offsets: { numbers: { '0': 70 }, words: { a: 3 } } },
      decision: { trigger: 'fork', verdict: { reasonCode: 'TIMELINE_BASE' } },
      probation: undefined,
    });
    const [submitted] = await jobs.listEvents(id, { limit: 1_000 });
    expect(submitted).toMatchObject({ type: 'job.submitted', data: { forkOf: of, checkpointId: BASE } });
  });

  postgresTest('knows nothing of sources that its code does not have', async ({ dataSource }) => {
    const forkable = await aForkable(dataSource);
    const manifest = aManifest({ nodes: [node('numbers')], shapes: MANIFEST.shapes });
    expect(await forkable.fork({ manifest })).toMatchObject({ outcome: 'forked' });
    const claimed = await claimNext(forkable, forkable.runnerId);
    expect(claimed.base.offsets).toEqual({ numbers: { '0': 70 } });
  });

  postgresTest(
    'is refused where the state does not fit, unless the policy has it start empty',
    async ({ dataSource }) => {
      const { fork, jobs, id, tenantId, ...forkable } = await aForkable(dataSource);
      const manifest: BundleManifest = aManifest({ nodes: MANIFEST.nodes, shapes: { totals: shape(2) } });
      const bundleDigest = aDigest('b');
      await jobs.saveBundle({ tenantId, digest: bundleDigest, bytes: 1, manifest, createdAt: new Date(0) });
      expect(await fork({ manifest, bundleDigest })).toEqual({
        outcome: 'does_not_fit',
        objections: ['"totals": windowMs was 1 and is now 2'],
      });
      expect(await jobs.find(id)).toBeUndefined();
      const config = aConfig({ restorePolicy: 'reset_keep_offsets' });
      expect(await fork({ manifest, bundleDigest, config })).toMatchObject({ outcome: 'forked' });
      const claimed = await claimNext(forkable, forkable.runnerId);
      expect(claimed).toMatchObject({
        base: { offsets: { numbers: { '0': 70 }, words: { a: 3 } } },
        checkpoint: undefined,
      });
      expect(claimed.decision.verdict).toMatchObject({ reasonCode: 'OFFSETS_PRESERVED' });
    },
  );

  postgresTest(
    'is made once for a request that is repeated, and not under a name that is taken',
    async ({ dataSource }) => {
      const { fork, id, of } = await aForkable(dataSource);
      await fork({}, 'one');
      expect(await fork({ id: aJobId() }, 'one')).toMatchObject({ outcome: 'forked', job: { id } });
      expect(await fork({ id: aJobId() }, 'two')).toEqual({ outcome: 'name_taken', jobId: id });
      expect(await fork({ id: aJobId(), name: of })).toEqual({ outcome: 'name_taken', jobId: of });
    },
  );

  postgresTest('is made of what is there, whole, and of the job that is named', async ({ dataSource }) => {
    const { fork, order, jobs, id, tenantId, recovery } = await aForkable(dataSource);
    expect(await fork({ checkpointId: 'ckp_9' as CheckpointId })).toEqual({ outcome: 'checkpoint_gone' });
    expect(await recovery.fork('job_9' as JobId, order, by)).toEqual({ outcome: 'not_found' });
    expect(await recovery.fork(await aSubmittedJob(dataSource, tenantId), order, by)).toEqual({
      outcome: 'checkpoint_gone',
    });
    await dataSource.query(`UPDATE checkpoints SET status = 'corrupt'`);
    expect(await fork()).toEqual({ outcome: 'checkpoint_gone' });
    expect(await jobs.find(id)).toBeUndefined();
  });

  postgresTest('holds what it begins with until it has a verified checkpoint of its own', async ({ dataSource }) => {
    const forkable = await aForkable(dataSource);
    const { fork, of, id, jobs, runs, runnerId, write, scheduling, upkeep } = forkable;
    await fork();
    await jobs.order(of, 'stop', by);
    await runs.end(forkable.fence, { kind: 'drained', reason: 'stop' });
    expect(await jobs.remove(of, {})).toMatchObject({ outcome: 'pinned', checkpointId: BASE, owner: `fork/${id}` });

    const { fence } = await claimNext(forkable, runnerId);
    await write(fence, 8);
    await scheduling.retireCheckpoints({ perTimeline: 1 });
    expect(await jobs.remove(of, {})).toMatchObject({ outcome: 'pinned' });
    await upkeep.noteVerified('ckp_8' as CheckpointId);
    await scheduling.retireCheckpoints({ perTimeline: 1 });
    expect(await jobs.remove(of, {})).toMatchObject({ outcome: 'ordered' });
    await runs.end(fence, { kind: 'drained', reason: 'runner_shutdown' });
    expect(await claimNext(forkable, runnerId)).toMatchObject({ checkpoint: { id: 'ckp_8' } });
  });

  postgresTest(
    'has a savepoint and offsets to be set of a checkpoint of its own, also before its first commit',
    async ({ dataSource }) => {
      const forkable = await aForkable(dataSource);
      const { offsets, recovery, tenantId, runs, id, of, jobs } = forkable;
      await stopAtItsBeginning(forkable);
      const savepoint = { id: 'sav_1' as SavepointId, label: 'where it begins' };
      expect(await recovery.requestSavepoint(id, savepoint, by)).toMatchObject({ savepoint: { checkpointId: OWN } });
      expect(await offsets.forTenant(tenantId).edit(id, EDIT, KEEP)).toMatchObject({ checkpointId: OWN, timeline: 2 });

      await forkable.upkeep.noteVerified(OWN);
      await forkable.scheduling.retireCheckpoints({ perTimeline: 1 });
      await jobs.order(of, 'stop', by);
      await runs.end(forkable.fence, { kind: 'drained', reason: 'stop' });
      expect(await jobs.remove(of, {})).toMatchObject({ outcome: 'ordered' });
      await jobs.order(id, 'start', by);
      expect(await claimNext(forkable, forkable.runnerId)).toMatchObject({
        checkpoint: { id: OWN },
        base: { timeline: 2, offsets: { numbers: { '0': 5 } } },
      });
    },
  );

  postgresTest(
    "whose next timeline begins with the other job's checkpoint too holds that until it has one there",
    async ({ dataSource }) => {
      const forkable = await aForkable(dataSource);
      const { offsets, tenantId, runs, id, of, jobs, scheduling, upkeep } = forkable;
      await stopAtItsBeginning(forkable);
      await jobs.order(of, 'stop', by);
      await runs.end(forkable.fence, { kind: 'drained', reason: 'stop' });
      await upkeep.noteVerified(OWN);
      await scheduling.retireCheckpoints({ perTimeline: 1 });
      expect(await dataSource.query('SELECT owner FROM checkpoint_pins')).toEqual([]);
      await dataSource.query(`UPDATE checkpoints SET status = 'corrupt' WHERE id = 'ckp_7_own'`);
      const edited = await offsets.forTenant(tenantId).edit(id, EDIT, KEEP);
      expect(edited).toMatchObject({ checkpointId: BASE, timeline: 2 });
      // Readable after all: of the timeline that was left, it is not what this one is restored from.
      await dataSource.query(`UPDATE checkpoints SET status = 'complete' WHERE id = 'ckp_7_own'`);
      await scheduling.retireCheckpoints({ perTimeline: 1 });
      expect(await jobs.remove(of, {})).toMatchObject({ outcome: 'pinned', checkpointId: BASE, owner: `fork/${id}` });

      await jobs.order(id, 'start', by);
      const { fence, checkpoint } = await claimNext(forkable, forkable.runnerId);
      expect(checkpoint?.id).toBe(BASE);
      await forkable.write(fence, '7_there', { batchId: 7, timeline: 2 });
      await upkeep.noteVerified('ckp_7_there' as CheckpointId);
      await scheduling.retireCheckpoints({ perTimeline: 1 });
      expect(await jobs.remove(of, {})).toMatchObject({ outcome: 'ordered' });
    },
  );

  postgresTest(
    'needs nothing of the other job once it was rolled back to a checkpoint of its own',
    async ({ dataSource }) => {
      const forkable = await aForkable(dataSource);
      const { recovery, runs, id, of, jobs, scheduling, upkeep } = forkable;
      await stopAtItsBeginning(forkable);
      await upkeep.noteVerified(OWN);
      await recovery.orderRollback(id, { id: 'rbk_1' as RollbackId, checkpointId: OWN }, by);
      await scheduling.retireCheckpoints({ perTimeline: 1 });
      await jobs.order(of, 'stop', by);
      await runs.end(forkable.fence, { kind: 'drained', reason: 'stop' });
      expect(await jobs.remove(of, {})).toMatchObject({ outcome: 'ordered' });
      await jobs.order(id, 'start', by);
      expect(await claimNext(forkable, forkable.runnerId)).toMatchObject({
        checkpoint: { id: OWN },
        base: { timeline: 2 },
      });
    },
  );

  postgresTest('is by default of what the job would be restored from, if that is its own', async ({ dataSource }) => {
    const forkable = await aForkable(dataSource);
    const { fork, recovery, of, id, runs, runnerId } = forkable;
    expect((await recovery.newestOf(of))?.id).toBe(BASE);
    await recovery.orderRollback(of, { id: 'rbk_1' as RollbackId, checkpointId: BASE }, by);
    await runs.end(forkable.fence, { kind: 'drained', reason: 'redeploy' });
    await claimNext(forkable, runnerId);
    expect((await recovery.newestOf(of))?.id).toBe(BASE);
    await fork();
    expect(await recovery.newestOf(id)).toBeUndefined();
  });

  postgresTest('has no savepoint before it has a checkpoint of its own, and tells of none', async ({ dataSource }) => {
    const { fork, id, jobs, recovery } = await aForkable(dataSource);
    await fork();
    await jobs.order(id, 'stop', by);
    const savepoint = { id: 'sav_1' as SavepointId, label: 'too early' };
    expect(await recovery.requestSavepoint(id, savepoint, by)).toMatchObject({ outcome: 'no_state', lastBatchId: 7 });
    expect(await recovery.listSavepoints(id, { limit: 9 })).toEqual([]);
    const events = await jobs.listEvents(id, { limit: 1_000 });
    expect(events.map(({ type }) => type)).not.toContain('savepoint.requested');
  });

  postgresTest('whose base is found damaged is not started empty', async ({ dataSource }) => {
    const forkable = await aForkable(dataSource);
    const { fork, runs, runnerId, of, jobs } = forkable;
    await fork();
    const { fence } = await claimNext(forkable, runnerId);
    expect(await runs.rejectCheckpoint(fence, BASE, 'a byte is another one')).toMatchObject({
      decision: { verdict: { outcome: 'ask', reasonCode: 'NO_READABLE_CHECKPOINT' } },
    });
    expect(await jobs.findCheckpoint(of, BASE)).toMatchObject({ status: 'corrupt' });
  });
});
