import type { CheckpointId, JobId, RollbackId, RunEnd } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
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
const [OLD, NEW] = ['ckp_1' as CheckpointId, 'ckp_2' as CheckpointId];
const rollback = (n = 1, checkpointId = OLD) => ({ id: `rbk_${n}` as RollbackId, checkpointId });
const DRAINED: RunEnd = { kind: 'drained', reason: 'redeploy' };

/** A job that runs revision 2 and has two checkpoints: one of revision 1 after batch 1, one of revision 2 after batch 3. */
async function aRunningJob(dataSource: DataSource) {
  const tenantId = await aTenant(dataSource);
  const id = await aSubmittedJob(dataSource, tenantId);
  const all = stores(dataSource);
  const jobs = all.jobs.forTenant(tenantId);
  const recovery = all.recovery.forTenant(tenantId);
  const first = await aClaimedRun(dataSource);
  const { runs, runnerId } = first;
  await runs.markRunning(first.claimed.fence);
  await commit(first.claimed.fence, 1);
  await checkpoint(first.claimed.fence, OLD, 1, 1);
  await jobs.addRevision(id, aRevision(), by);
  await runs.end(first.claimed.fence, DRAINED);
  const { fence } = await claimNext(all, runnerId);
  await runs.markRunning(fence);
  for (const batchId of [2, 3]) await commit(fence, batchId);
  await checkpoint(fence, NEW, 3, 2);

  function commit(of: typeof first.claimed.fence, batchId: number, timeline = 1): Promise<void> {
    return takeBatch(runs, of, { timeline, batchId });
  }
  async function checkpoint(
    of: typeof first.claimed.fence,
    ckp: CheckpointId,
    batchId: number,
    revision: number,
  ): Promise<void> {
    await runs.beginCheckpoint(of, aCheckpoint(ckp, batchId, { revision }));
    await runs.completeCheckpoint(of, ckp, aWrittenCheckpoint);
  }
  const next = async () => {
    const claimed = await claimNext(all, runnerId);
    await runs.markRunning(claimed.fence);
    return claimed;
  };
  return { ...all, tenantId, id, jobs, recovery, runs, runnerId, fence, next, commit, dataSource };
}
type Running = Awaited<ReturnType<typeof aRunningJob>>;

/** The next run begins with checkpoint 1 and revision 1, on a timeline of its own. */
async function expectBack({ next, jobs, id, recovery }: Running, rollbackId = 'rbk_1' as RollbackId): Promise<void> {
  const claimed = await next();
  expect(claimed).toMatchObject({
    revision: { number: 1 },
    checkpoint: { id: OLD },
    base: { timeline: 2, batchId: 1, after: { timeline: 1, batchId: 1 }, offsets: { numbers: { '0': 10 } } },
    decision: { trigger: 'rollback', verdict: { reasonCode: 'ASKED_CHECKPOINT' } },
    probation: undefined,
  });
  expect(await jobs.find(id)).toMatchObject({ revision: 1, timeline: 2, status: 'running' });
  expect(await recovery.findRollback(id, rollbackId)).toMatchObject({ status: 'begun', timeline: 2 });
}

describe('I10: after an order to roll back, the next run begins with that checkpoint', () => {
  postgresTest('while a run has the job: it is told, plans nothing more, and lets go', async ({ dataSource }) => {
    const running = await aRunningJob(dataSource);
    const { recovery, id, runs, fence, runnerId } = running;
    expect(await recovery.orderRollback(id, rollback(), by)).toMatchObject({
      outcome: 'ordered',
      rollback: {
        status: 'ordered',
        from: { revision: 2, timeline: 1, batchId: 3 },
        to: { revision: 1, timeline: 1, batchId: 1 },
      },
    });
    const alive = await runs.heartbeat(runnerId);
    expect(alive.outcome === 'alive' ? alive.orders.get(fence.runId) : undefined).toMatchObject({
      startsElsewhere: true,
    });
    const plan = { timeline: 1, batchId: 4, batchTimeMs: 2_000, ranges: {} };
    expect(await runs.writeBatch(fence, { kind: 'plan', plan })).toMatchObject({
      outcome: 'held_back',
      orders: { startsElsewhere: true },
    });
    await runs.end(fence, DRAINED);
    await expectBack(running);
  });

  postgresTest('while a run waits to be claimed: that one is not started any more', async ({ dataSource }) => {
    const running = await aRunningJob(dataSource);
    const { recovery, id, runs, scheduling, fence, runnerId } = running;
    await runs.end(fence, { kind: 'drained', reason: 'runner_shutdown' });
    const [queued] = await scheduling.scheduleDueJobs(1);
    if (queued?.outcome !== 'scheduled') throw new Error('It was not due.');
    await recovery.orderRollback(id, rollback(), by);
    expect(await runs.claim(queued.runId, runnerId)).toBeUndefined();
    await expectBack(running);
  });

  postgresTest('while a run restores: what it comes to is not used', async ({ dataSource }) => {
    const running = await aRunningJob(dataSource);
    const { recovery, id, runs, fence, runnerId } = running;
    await runs.end(fence, { kind: 'drained', reason: 'runner_shutdown' });
    const restoring = await claimNext(running, runnerId);
    await recovery.orderRollback(id, rollback(), by);
    expect(await running.jobs.find(id)).toMatchObject({ status: 'restoring' });
    await runs.end(restoring.fence, DRAINED);
    await expectBack(running);
  });

  postgresTest('while another revision is on its way: that one gives way', async ({ dataSource }) => {
    const running = await aRunningJob(dataSource);
    const { recovery, id, runs, fence, jobs } = running;
    expect(await jobs.addRevision(id, aRevision(), by)).toMatchObject({ job: { revision: 3 } });
    await recovery.orderRollback(id, rollback(), by);
    await runs.end(fence, DRAINED);
    await expectBack(running);
  });

  const ENDS: readonly (readonly [string, RunEnd])[] = [
    ['fails', { kind: 'failed', code: 'state_not_json', reason: 'no' }],
    ['backs off', { kind: 'back_off', code: 'sink_unavailable', reason: 'no' }],
    ['asks', { kind: 'ask', code: 'checkpoint_unreadable', reason: 'no' }],
    ['turns out to be worse', { kind: 'unhealthy', code: 'revision_unhealthy', reason: 'no' }],
    ['is finished', { kind: 'finished' }],
  ];
  for (const [how, end] of ENDS) {
    postgresTest(`whose run ${how} before it lets go`, async ({ dataSource }) => {
      const running = await aRunningJob(dataSource);
      await running.recovery.orderRollback(running.id, rollback(), by);
      await running.runs.end(running.fence, end);
      await expectBack(running);
    });
  }

  postgresTest('whose runner is lost before it lets go', async ({ dataSource }) => {
    const running = await aRunningJob(dataSource);
    await running.recovery.orderRollback(running.id, rollback(), by);
    await running.runs.disown(running.fence.runId, running.runnerId);
    await expectBack(running);
  });

  postgresTest('although it is stopped and started in between', async ({ dataSource }) => {
    const running = await aRunningJob(dataSource);
    const { recovery, id, runs, fence, jobs, scheduling } = running;
    await recovery.orderRollback(id, rollback(), by);
    await jobs.order(id, 'stop', by);
    await runs.end(fence, { kind: 'drained', reason: 'stop' });
    expect(await scheduling.scheduleDueJobs(1)).toEqual([]);
    expect(await jobs.find(id)).toMatchObject({ status: 'stopped', revision: 1 });
    await jobs.order(id, 'start', by);
    await expectBack(running);
  });

  postgresTest('and the collector leaves it alone until then', async ({ dataSource }) => {
    const running = await aRunningJob(dataSource);
    const { recovery, id, runs, fence, scheduling } = running;
    await recovery.orderRollback(id, rollback(), by);
    for (const batchId of [4, 5, 6]) {
      await runs.beginCheckpoint(fence, aCheckpoint(`ckp_${batchId}`, batchId, { revision: 2 }));
      await runs.completeCheckpoint(fence, `ckp_${batchId}` as CheckpointId, aWrittenCheckpoint);
    }
    const retired = (await scheduling.retireCheckpoints({ perTimeline: 1 })).map((each) => each.id);
    expect(retired).toContain(NEW);
    expect(retired).not.toContain(OLD);
    await runs.end(fence, DRAINED);
    await expectBack(running);
  });
});

describe('an order to roll back', () => {
  postgresTest('is made once, however often it is sent', async ({ dataSource }) => {
    const { recovery, id } = await aRunningJob(dataSource);
    const repeated = { ...by, requestId: 'a request' };
    const first = await recovery.orderRollback(id, rollback(1), repeated);
    expect(await recovery.orderRollback(id, rollback(2), repeated)).toEqual(first);
    expect(await recovery.listRollbacks(id, { limit: 10 })).toHaveLength(1);
  });

  postgresTest('gives way to the next one, and to a start from somewhere else', async ({ dataSource }) => {
    const { recovery, id, jobs, runs, fence } = await aRunningJob(dataSource);
    await recovery.orderRollback(id, rollback(1), by);
    await recovery.orderRollback(id, rollback(2), by);
    await jobs.order(id, 'stop', by);
    await runs.end(fence, { kind: 'drained', reason: 'stop' });
    await jobs.order(id, 'start', { ...by, startMode: { mode: 'offsets-only' } });
    const statuses = (await recovery.listRollbacks(id, { limit: 10 })).map(({ status }) => status);
    expect(statuses).toEqual(['superseded', 'superseded']);
    // The code that it had is what starts from somewhere else.
    expect(await jobs.find(id)).toMatchObject({ revision: 2 });
  });

  postgresTest('is one of the last hundred that are kept', async ({ dataSource }) => {
    const { recovery, id } = await aRunningJob(dataSource);
    const ids = Array.from({ length: 101 }, (_, index) => `rbk_${1_000 + index}` as RollbackId);
    for (const each of ids) await recovery.orderRollback(id, { id: each, checkpointId: OLD }, by);
    const kept = (await recovery.listRollbacks(id, { limit: 200 })).map((one) => one.id);
    expect(kept).toEqual(ids.slice(1).reverse());
  });

  postgresTest('is refused for a version that is not the current one', async ({ dataSource }) => {
    const { recovery, id, jobs } = await aRunningJob(dataSource);
    expect(await recovery.orderRollback(id, rollback(), { ...by, expectedVersion: 1 })).toEqual({
      outcome: 'changed_meanwhile',
    });
    expect(await jobs.find(id)).toMatchObject({ revision: 2 });
  });

  postgresTest('is refused for what cannot be restored, and for a job that is cancelled', async ({ dataSource }) => {
    const { recovery, id, jobs, tenantId } = await aRunningJob(dataSource);
    expect(await recovery.orderRollback(id, rollback(1, 'ckp_9' as CheckpointId), by)).toEqual({
      outcome: 'checkpoint_gone',
    });
    expect(await recovery.orderRollback('job_9' as JobId, rollback(), by)).toEqual({ outcome: 'not_found' });
    const other = await aSubmittedJob(dataSource, tenantId);
    expect(await recovery.orderRollback(other, rollback(), by)).toEqual({ outcome: 'checkpoint_gone' });
    const stranger = stores(dataSource).recovery.forTenant(await aTenant(dataSource));
    expect(await stranger.orderRollback(id, rollback(), by)).toEqual({ outcome: 'not_found' });
    await dataSource.query(`UPDATE checkpoints SET status = 'corrupt' WHERE id = $1`, [OLD]);
    expect(await recovery.orderRollback(id, rollback(), by)).toEqual({ outcome: 'not_restorable', status: 'corrupt' });
    await jobs.order(id, 'cancel', by);
    expect(await recovery.orderRollback(id, rollback(1, NEW), by)).toMatchObject({ outcome: 'refused' });
    expect(await recovery.listRollbacks(id, { limit: 10 })).toEqual([]);
  });

  postgresTest('holds what the offsets are to be against an edit of them', async ({ dataSource }) => {
    const { recovery, id, jobs, runs, fence, offsets, tenantId } = await aRunningJob(dataSource);
    await recovery.orderRollback(id, rollback(), by);
    await jobs.order(id, 'stop', by);
    await runs.end(fence, { kind: 'drained', reason: 'stop' });
    const edit = { set: { numbers: { '0': 5 } }, identities: {}, forget: {} };
    expect(await offsets.forTenant(tenantId).edit(id, edit, { ...by, state: 'empty', dryRun: false })).toEqual({
      outcome: 'rolls_back',
      checkpointId: OLD,
    });
  });

  postgresTest(
    'whose checkpoint is found damaged leaves the job waiting, and can be undone',
    async ({ dataSource }) => {
      const running = await aRunningJob(dataSource);
      const { recovery, id, runs, fence, jobs, runnerId, next } = running;
      await recovery.orderRollback(id, rollback(), by);
      await runs.end(fence, DRAINED);
      const claimed = await claimNext(running, runnerId);
      expect(await runs.rejectCheckpoint(claimed.fence, OLD, 'a byte is another one')).toMatchObject({
        outcome: 'decided',
        decision: { verdict: { outcome: 'ask', reasonCode: 'NO_READABLE_CHECKPOINT' } },
      });
      expect(await recovery.findRollback(id, 'rbk_1' as RollbackId)).toMatchObject({ status: 'held', timeline: 2 });
      await runs.end(claimed.fence, { kind: 'ask', code: 'checkpoint_unreadable', reason: 'no' });
      expect(await jobs.find(id)).toMatchObject({ status: 'awaiting_decision' });
      const tip = await recovery.tipOf(id, 1);
      expect(tip?.id).toBe(NEW);
      await recovery.orderRollback(id, { ...rollback(2, NEW), undoes: 'rbk_1' as RollbackId }, by);
      expect(await next()).toMatchObject({
        revision: { number: 2 },
        checkpoint: { id: NEW },
        base: { timeline: 3, batchId: 3 },
      });
    },
  );

  postgresTest(
    'has begun where its checkpoint is found damaged after batches were committed',
    async ({ dataSource }) => {
      const running = await aRunningJob(dataSource);
      const { recovery, id, runs, fence, next, commit, runnerId } = running;
      await recovery.orderRollback(id, rollback(), by);
      await runs.end(fence, DRAINED);
      const first = await next();
      await commit(first.fence, 2, 2);
      await runs.end(first.fence, { kind: 'drained', reason: 'runner_shutdown' });
      const again = await claimNext(running, runnerId);
      await runs.rejectCheckpoint(again.fence, OLD, 'a byte is another one');
      expect(await recovery.findRollback(id, 'rbk_1' as RollbackId)).toMatchObject({ status: 'begun' });
    },
  );

  postgresTest('is known beforehand: what is taken back, and how it would start', async ({ dataSource }) => {
    const { recovery, id, jobs } = await aRunningJob(dataSource);
    expect(await recovery.previewRollback(id, OLD)).toMatchObject({
      checkpoint: { id: OLD },
      from: { revision: 2, timeline: 1, batchId: 3 },
      offsets: { numbers: { '0': 30 } },
      again: { batches: 2, records: 20 },
      start: { trigger: 'rollback', verdict: { outcome: 'start', reasonCode: 'ASKED_CHECKPOINT' } },
    });
    expect(await recovery.previewRollback(id, 'ckp_9' as CheckpointId)).toBeUndefined();
    expect(await recovery.listRollbacks(id, { limit: 10 })).toEqual([]);
    expect(await jobs.find(id)).toMatchObject({ revision: 2, status: 'running' });
  });

  postgresTest('is what the next revision is judged by', async ({ dataSource }) => {
    const { recovery, id, jobs } = await aRunningJob(dataSource);
    await recovery.orderRollback(id, rollback(), by);
    expect(await jobs.upgradeFacts(id)).toMatchObject({
      revision: 1,
      stored: { checkpointId: OLD },
      committedOffsets: { numbers: { '0': 10 } },
    });
  });
});
