import {
  type BundleManifest,
  type CheckpointId,
  type RestorePolicy,
  type RollbackId,
  type StateShape,
} from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import type { DataSource } from 'typeorm';
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
  takeBatch,
} from '../testing.js';

const by = { actor: 'test', trace: undefined };
const rollbackId = 'rbk_1' as RollbackId;

const shape = (windowMs: number): StateShape => ({
  ...{ kind: 'updateStateByKey', key: 'json', value: 'json', codec: { name: 'json', version: 1 } },
  parameters: { windowMs },
});
const of = (recent: number, totals: number): BundleManifest =>
  aManifest({ shapes: { recent: shape(recent), totals: shape(totals) } });
const FIRST = of(10, 10);

/** A job that is stopped after batch 2, and was ordered back to the checkpoint of batch 1. */
async function aStoppedWayBack(dataSource: DataSource) {
  const tenantId = await aTenant(dataSource, FIRST);
  const all = stores(dataSource);
  const [jobs, recovery] = [all.jobs.forTenant(tenantId), all.recovery.forTenant(tenantId)];
  const id = await aSubmittedJob(dataSource, tenantId);
  const { claimed, runs, runnerId } = await aClaimedRun(dataSource);
  await runs.markRunning(claimed.fence);
  for (const batchId of [1, 2]) {
    await takeBatch(runs, claimed.fence, { batchId });
    const checkpoint = aCheckpoint(`ckp_${batchId}`, batchId, { shapes: FIRST.shapes });
    await runs.beginCheckpoint(claimed.fence, checkpoint);
    await runs.completeCheckpoint(claimed.fence, checkpoint.id, aWrittenCheckpoint);
  }
  await jobs.order(id, 'stop', by);
  await runs.end(claimed.fence, { kind: 'drained', reason: 'stop' });
  await recovery.orderRollback(id, { id: rollbackId, checkpointId: 'ckp_1' as CheckpointId }, by);

  const deploy = async (manifest: BundleManifest, restorePolicy: RestorePolicy) => {
    const bundleDigest = aDigest('b');
    await jobs.saveBundle({ tenantId, digest: bundleDigest, bytes: 1, manifest, createdAt: new Date(0) });
    return jobs.addRevision(id, aRevision({ bundleDigest, manifest, config: aConfig({ restorePolicy }) }), by);
  };
  const start = async () => {
    await jobs.order(id, 'start', by);
    return claimNext(all, runnerId);
  };
  const again = () => claimNext(all, runnerId);
  return { ...{ id, jobs, recovery, runs, runnerId }, ...{ deploy, start, again } };
}

const BASE = { timeline: 2, batchId: 1, after: { timeline: 1, batchId: 1 }, offsets: { numbers: { '0': 10 } } };

describe('a revision that is deployed before an order to go back has begun', () => {
  postgresTest('begins there with what fits, under the policy that resets', async ({ dataSource }) => {
    const job = await aStoppedWayBack(dataSource);
    expect(await job.deploy(of(20, 10), 'reset_keep_offsets')).toMatchObject({ job: { revision: 2 } });

    expect(await job.start()).toMatchObject({
      ...{ revision: { number: 2 }, checkpoint: { id: 'ckp_1' }, base: BASE },
      decision: {
        ...{ trigger: 'rollback', verdict: { outcome: 'start', reasonCode: 'OPERATORS_RESET' } },
        candidates: [
          {
            operators: [
              { uid: 'recent', verdict: 'reset' },
              { uid: 'totals', verdict: 'as_is' },
            ],
          },
        ],
      },
    });
    expect(await job.recovery.findRollback(job.id, rollbackId)).toMatchObject({ status: 'begun', timeline: 2 });
  });

  postgresTest('begins there empty where nothing fits, and keeps what it has done since', async ({ dataSource }) => {
    const job = await aStoppedWayBack(dataSource);
    expect(await job.deploy(of(20, 20), 'reset_keep_offsets')).toMatchObject({ job: { revision: 2 } });

    const claimed = await job.start();
    expect(claimed).toMatchObject({ checkpoint: undefined, base: BASE });
    expect(claimed.decision).toMatchObject({ verdict: { from: { checkpointId: 'ckp_1', withoutState: true } } });
    expect(await job.recovery.findRollback(job.id, rollbackId)).toMatchObject({ status: 'begun', timeline: 2 });

    await job.runs.markRunning(claimed.fence);
    await takeBatch(job.runs, claimed.fence, { timeline: 2, batchId: 2 });
    await job.runs.disown(claimed.fence.runId, job.runnerId);
    expect(await job.again()).toMatchObject({
      ...{ checkpoint: undefined, base: BASE },
      decision: { verdict: { from: { kind: 'replay_from_beginning' }, reasonCode: 'NO_CHECKPOINT_YET' } },
    });
  });

  postgresTest(
    'waits for an answer under the policy that asks, and begins there once it has one',
    async ({ dataSource }) => {
      const job = await aStoppedWayBack(dataSource);
      expect(await job.deploy(of(20, 20), 'ask')).toMatchObject({ job: { revision: 1, upgrade: { revision: 2 } } });
      await job.jobs.decideUpgrade(job.id, 'reset', by);

      expect(await job.start()).toMatchObject({ revision: { number: 2 }, checkpoint: undefined, base: BASE });
    },
  );
});
