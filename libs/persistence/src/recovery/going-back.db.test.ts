import type {
  CheckpointId,
  Fence,
  JobId,
  JobStore,
  OffsetStore,
  RecoveryStore,
  RollbackId,
  RunEnd,
  StartMode,
} from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import { JobRow } from '../rows/index.js';
import {
  aCheckpoint,
  aClaimedRun,
  aRevision,
  aSubmittedJob,
  aTenant,
  aWrittenCheckpoint,
  claimNext,
  stores,
  takeBatch,
} from '../testing.js';

const by = { actor: 'test', trace: undefined };
const STOPPED: RunEnd = { kind: 'drained', reason: 'stop' };
const UNHEALTHY: RunEnd = { kind: 'unhealthy', code: 'revision_unhealthy', reason: 'it is slow' };
const EDIT = { set: { numbers: { '0': 5 } }, identities: {}, forget: {} };
const KEEP = { ...by, state: 'keep', dryRun: false } as const;

const ckp = (batchId: number): CheckpointId => `ckp_${batchId}` as CheckpointId;

/** A job whose second revision has taken over the checkpoint of batch 1 from the first, and runs on probation. */
class OnProbation {
  private constructor(
    readonly dataSource: DataSource,
    readonly id: JobId,
    readonly of: Awaited<ReturnType<typeof aClaimedRun>> & {
      readonly jobs: JobStore;
      readonly offsets: OffsetStore;
      readonly recovery: RecoveryStore;
    },
    private fence: Fence,
  ) {}

  static async start(dataSource: DataSource): Promise<OnProbation> {
    const tenantId = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenantId);
    const all = stores(dataSource);
    const run = await aClaimedRun(dataSource);
    const { jobs, offsets, recovery } = all;
    const ofTenant = { jobs: jobs.forTenant(tenantId), offsets: offsets.forTenant(tenantId) };
    const of = { ...run, ...ofTenant, recovery: recovery.forTenant(tenantId) };
    const job = new OnProbation(dataSource, id, of, run.claimed.fence);
    await job.write(1, 1);
    await job.deploy();
    await job.end({ kind: 'drained', reason: 'redeploy' });
    expect(await job.next()).toMatchObject({ probation: { revision: 2, back: { revision: 1, checkpointId: ckp(1) } } });
    return job;
  }

  /** Runs one batch and writes a checkpoint of it. */
  async write(batchId: number, revision: number): Promise<void> {
    const { runs } = this.of;
    await runs.markRunning(this.fence);
    await takeBatch(runs, this.fence, { batchId });
    await runs.beginCheckpoint(this.fence, aCheckpoint(ckp(batchId), batchId, { revision }));
    await runs.completeCheckpoint(this.fence, ckp(batchId), aWrittenCheckpoint);
  }

  async next() {
    const claimed = await claimNext(this.of, this.of.runnerId);
    this.fence = claimed.fence;
    return claimed;
  }

  end = (how: RunEnd) => this.of.runs.end(this.fence, how);
  deploy = () => this.of.jobs.addRevision(this.id, aRevision(), by);
  order = (order: 'start' | 'stop', startMode?: StartMode) => this.of.jobs.order(this.id, order, { ...by, startMode });
  row = () => this.dataSource.getRepository(JobRow).findOneByOrFail({ id: this.id });

  /** Stopped in order while it was on probation. */
  async stop(): Promise<void> {
    await this.order('stop');
    await this.end(STOPPED);
  }
}

/** Revision 2 has failed after batch 2, and before its next start the job was stopped. */
async function aStoppedWayBack(dataSource: DataSource): Promise<OnProbation> {
  const job = await OnProbation.start(dataSource);
  await job.write(2, 2);
  await job.end(UNHEALTHY);
  await job.order('stop');
  return job;
}

const BACK = {
  revision: { number: 1 },
  checkpoint: { id: ckp(1) },
  base: { timeline: 2, batchId: 1, offsets: { numbers: { '0': 10 } } },
  decision: { trigger: 'rollback', verdict: { reasonCode: 'ASKED_CHECKPOINT' } },
  probation: undefined,
};

describe('a job that goes back by itself', () => {
  postgresTest('does so however often it is stopped and started before', async ({ dataSource }) => {
    const job = await aStoppedWayBack(dataSource);
    await job.order('start');
    await job.order('stop');
    await job.order('start');

    expect(await job.next()).toMatchObject(BACK);
    expect((await job.row()).startMode).toBeNull();
  });

  postgresTest('keeps the checkpoint until then, whatever else is kept', async ({ dataSource }) => {
    const job = await OnProbation.start(dataSource);
    for (const batchId of [2, 3, 4, 5]) await job.write(batchId, 2);
    await job.end(UNHEALTHY);
    await job.order('stop');

    const retired = (await job.of.scheduling.retireCheckpoints({ perTimeline: 1 })).map(({ id }) => id);
    expect(retired).toContain(ckp(2));
    expect(retired).not.toContain(ckp(1));
    await job.order('start');
    expect(await job.next()).toMatchObject(BACK);
  });

  postgresTest('is shown that start beforehand', async ({ dataSource }) => {
    const job = await aStoppedWayBack(dataSource);

    expect(await job.of.offsets.preview(job.id, {})).toMatchObject({
      trigger: 'rollback',
      verdict: { from: { checkpointId: ckp(1), opens: 'new_timeline' } },
    });
  });

  postgresTest('has no offsets to be set: they would be those of another place', async ({ dataSource }) => {
    const job = await aStoppedWayBack(dataSource);

    expect(await job.of.offsets.edit(job.id, EDIT, KEEP)).toEqual({ outcome: 'rolls_back', checkpointId: ckp(1) });
  });

  postgresTest(
    'does not when it is started from somewhere else, and stays with its revision',
    async ({ dataSource }) => {
      const job = await aStoppedWayBack(dataSource);
      await job.order('start', { mode: 'offsets-only' });

      expect(await job.next()).toMatchObject({
        ...{ revision: { number: 1 }, checkpoint: undefined },
        base: { timeline: 2, batchId: 2, offsets: { numbers: { '0': 20 } } },
      });
    },
  );

  postgresTest('goes where it is ordered back to instead', async ({ dataSource }) => {
    const job = await aStoppedWayBack(dataSource);
    await job.of.recovery.orderRollback(job.id, { id: 'rbk_1' as RollbackId, checkpointId: ckp(2) }, by);
    await job.order('start');

    expect(await job.next()).toMatchObject({ revision: { number: 2 }, checkpoint: { id: ckp(2) } });
  });

  postgresTest('says nothing of an earlier order to go back', async ({ dataSource }) => {
    const job = await aStoppedWayBack(dataSource);
    for (const n of [1, 2]) {
      await job.of.recovery.orderRollback(job.id, { id: `rbk_${n}` as RollbackId, checkpointId: ckp(2) }, by);
    }
    await job.order('start');
    await job.next();
    await job.deploy();
    await job.end({ kind: 'drained', reason: 'redeploy' });
    expect(await job.next()).toMatchObject({ probation: { revision: 3 } });
    await job.end(UNHEALTHY);
    await job.next();

    const rollbacks = await job.of.recovery.listRollbacks(job.id, { limit: 10 });
    expect(rollbacks.map(({ id, status, timeline }) => [id, status, timeline])).toEqual([
      ['rbk_2', 'begun', 2],
      ['rbk_1', 'superseded', undefined],
    ]);
  });

  postgresTest('takes a newer revision there, which is judged by that and leads back to it', async ({ dataSource }) => {
    const job = await aStoppedWayBack(dataSource);
    expect(await job.of.jobs.upgradeFacts(job.id)).toMatchObject({
      stored: { checkpointId: ckp(1) },
      committedOffsets: { numbers: { '0': 10 } },
    });
    expect(await job.deploy()).toMatchObject({ job: { revision: 3 } });
    await job.order('start');

    expect(await job.next()).toMatchObject({
      ...{ revision: { number: 3 }, checkpoint: { id: ckp(1) }, base: { timeline: 2 } },
      probation: { revision: 3, back: { revision: 1, checkpointId: ckp(1) } },
    });
  });
});

describe('what was ordered of a job on probation', () => {
  /** That the revision turns out to be worse takes the job nowhere. */
  const expectToStay = async (job: OnProbation): Promise<void> => {
    expect(await job.next()).toMatchObject({ revision: { number: 2 }, probation: undefined });
    await job.end(UNHEALTHY);
    expect(await job.row()).toMatchObject({ revision: 2, timeline: 2, startMode: null, probation: null });
  };

  postgresTest('offsets that were set: is not undone by going back', async ({ dataSource }) => {
    const job = await OnProbation.start(dataSource);
    await job.write(2, 2);
    await job.stop();
    expect(await job.of.offsets.edit(job.id, EDIT, KEEP)).toMatchObject({ outcome: 'edited', checkpointId: ckp(2) });
    await job.order('start');

    await expectToStay(job);
    expect(await job.of.offsets.read(job.id)).toMatchObject({ offsets: { numbers: { '0': 5 } } });
  });

  postgresTest(
    'offsets that were set: nor where the state is still that of the revision before',
    async ({ dataSource }) => {
      const job = await OnProbation.start(dataSource);
      await job.stop();
      expect(await job.of.offsets.edit(job.id, EDIT, KEEP)).toMatchObject({ outcome: 'edited', checkpointId: ckp(1) });
      await job.order('start');

      await expectToStay(job);
      expect(await job.of.offsets.read(job.id)).toMatchObject({ offsets: { numbers: { '0': 5 } } });
    },
  );

  postgresTest('offsets that were set: nor where the state was given up for them', async ({ dataSource }) => {
    const job = await OnProbation.start(dataSource);
    await job.write(2, 2);
    await job.stop();
    await job.of.offsets.edit(job.id, EDIT, { ...KEEP, state: 'empty' });
    expect((await job.row()).probation).toBeNull();
    await job.order('start');

    await expectToStay(job);
    expect(await job.of.offsets.read(job.id)).toMatchObject({ offsets: { numbers: { '0': 5 } } });
  });

  postgresTest('a start without state: is not undone by going back', async ({ dataSource }) => {
    const job = await OnProbation.start(dataSource);
    await job.write(2, 2);
    await job.stop();
    await job.order('start', { mode: 'offsets-only' });

    await expectToStay(job);
  });

  postgresTest('a start from what another revision has kept: is where it goes back to', async ({ dataSource }) => {
    const job = await OnProbation.start(dataSource);
    await job.write(2, 2);
    await job.stop();
    await job.order('start', { mode: 'checkpoint', checkpointId: ckp(1) });

    expect(await job.next()).toMatchObject({
      ...{ revision: { number: 2 }, checkpoint: { id: ckp(1) } },
      probation: { back: { revision: 1, checkpointId: ckp(1) } },
    });
  });

  postgresTest('a start from the newest checkpoint: leaves the probation alone', async ({ dataSource }) => {
    const job = await OnProbation.start(dataSource);
    await job.write(2, 2);
    await job.stop();
    await job.order('start');
    expect(await job.next()).toMatchObject({ checkpoint: { id: ckp(2) }, probation: { revision: 2 } });
    await job.end(UNHEALTHY);

    expect(await job.next()).toMatchObject(BACK);
  });
});
