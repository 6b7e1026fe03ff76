import type { BatchCommit, BatchPlan, CheckpointId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import {
  aCheckpoint,
  aClaimedRun,
  aRevision,
  aRunnerId,
  aSubmittedJob,
  aTenant,
  aWrittenCheckpoint,
  claimNext,
  stores,
} from '../testing.js';

const LEASE_MS = 5_000;

const aPlan = (batchId: number, to = batchId * 10): BatchPlan => ({
  timeline: 1,
  batchId,
  batchTimeMs: batchId * 500,
  ranges: { numbers: { '0': { from: (batchId - 1) * 10, to } } },
});

const aCommit = ({ timeline, batchId, ranges }: BatchPlan): BatchCommit => ({
  timeline,
  batchId,
  nextOffsets: { numbers: { '0': ranges['numbers']?.['0']?.to ?? 0 } },
  recordsIn: 10,
  recordsOut: 1,
  recordsSkipped: 0,
  processingMs: 3,
  schedulingDelayMs: 1,
});

const plan = (batchPlan: BatchPlan) => ({ kind: 'plan', plan: batchPlan }) as const;
const commit = (batchPlan: BatchPlan, next?: BatchPlan) =>
  ({ kind: 'commit', commit: aCommit(batchPlan), next }) as const;

const written = aWrittenCheckpoint;

describe('a batch log', () => {
  postgresTest('keeps the first plan of a batch, and gives it to whoever plans it again', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const { runs, claimed } = await aClaimedRun(dataSource);

    await runs.writeBatch(claimed.fence, plan(aPlan(1, 10)));
    const second = await runs.writeBatch(claimed.fence, plan(aPlan(1, 99)));

    expect(second).toMatchObject({
      outcome: 'planned',
      plan: aPlan(1, 10),
      orders: { desired: 'running', revision: 1 },
    });
  });

  postgresTest('commits a batch and plans the next in one write', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const { runs, claimed } = await aClaimedRun(dataSource);
    await runs.writeBatch(claimed.fence, plan(aPlan(1)));

    expect(await runs.writeBatch(claimed.fence, commit(aPlan(1), aPlan(2)))).toMatchObject({ outcome: 'committed' });

    const logged = await runs.readBatches(claimed.fence, 1, 0);
    expect(logged).toEqual([
      { plan: aPlan(1), nextOffsets: { numbers: { '0': 10 } }, recordsSkipped: 0 },
      { plan: aPlan(2), nextOffsets: undefined },
    ]);
    const store = stores(dataSource).jobs.forTenant(tenant);
    expect((await store.find(id))?.lastBatch).toMatchObject({ batchId: 1, offsets: { numbers: { '0': 10 } } });
    expect((await store.listBatches(id, { limit: 5 })).map(({ plan: { batchId } }) => batchId)).toEqual([2, 1]);
  });

  postgresTest('tells of a batch the revision that ran it last, whichever had planned it', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const { runs, scheduling, claimed, runnerId } = await aClaimedRun(dataSource);
    const store = stores(dataSource).jobs.forTenant(tenant);
    await runs.writeBatch(claimed.fence, plan(aPlan(1)));
    await runs.writeBatch(claimed.fence, commit(aPlan(1), aPlan(2)));
    await runs.disown(claimed.fence.runId, runnerId);
    await store.addRevision(id, aRevision(), { actor: 'test', trace: undefined });
    const next = await claimNext({ runs, scheduling }, runnerId);
    await runs.writeBatch(next.fence, commit(aPlan(2)));

    expect(await store.listBatches(id, { limit: 5 })).toMatchObject([
      { plan: { batchId: 2 }, plannedByEpoch: claimed.fence.epoch, committedByEpoch: next.fence.epoch, revision: 2 },
      { plan: { batchId: 1 }, committedByEpoch: claimed.fence.epoch, revision: 1 },
    ]);
  });

  postgresTest('I1: refuses every write of an epoch that is over', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const old = await aClaimedRun(dataSource);
    await old.runs.writeBatch(old.claimed.fence, plan(aPlan(1)));
    await dataSource.query(`UPDATE runners SET heartbeat_at = now() - interval '1 hour'`);
    const other = await dataSource.query(`SELECT 1`);
    expect(other).toHaveLength(1);
    expect(await old.scheduling.endLostRuns(LEASE_MS)).toHaveLength(1);
    const successor = await aClaimedRun(dataSource);
    expect(successor.claimed.fence.epoch).toBe(old.claimed.fence.epoch + 1);

    expect(await old.runs.writeBatch(old.claimed.fence, plan(aPlan(1)))).toEqual({ outcome: 'fenced' });
    expect(await old.runs.writeBatch(old.claimed.fence, commit(aPlan(1), aPlan(2)))).toEqual({ outcome: 'fenced' });
    expect(await old.runs.beginCheckpoint(old.claimed.fence, aCheckpoint('ckp_late', 1))).toBe('fenced');
    expect(await old.runs.markRunning(old.claimed.fence)).toBe('fenced');
    expect(await old.runs.end(old.claimed.fence, { kind: 'drained', reason: 'stop' })).toBe('fenced');
    expect(await old.runs.heartbeat(old.runnerId)).toEqual({ outcome: 'lost' });
    expect(await successor.runs.readBatches(successor.claimed.fence, 1, 0)).toEqual([
      { plan: aPlan(1), nextOffsets: undefined },
    ]);
  });

  postgresTest('writes many jobs in one statement and fences each by its own epoch', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    await aSubmittedJob(dataSource, tenant);
    await aSubmittedJob(dataSource, tenant);
    const [a, b] = [await aClaimedRun(dataSource), await aClaimedRun(dataSource)];
    const stale = { ...b.claimed.fence, epoch: b.claimed.fence.epoch - 1 };

    const outcomes = await Promise.all([
      a.runs.writeBatch(a.claimed.fence, plan(aPlan(1))),
      a.runs.writeBatch(stale, plan(aPlan(1))),
      a.runs.writeBatch(b.claimed.fence, plan(aPlan(1))),
    ]);
    const commits = await Promise.all([
      a.runs.writeBatch(stale, commit(aPlan(1))),
      a.runs.writeBatch(b.claimed.fence, commit(aPlan(1))),
      a.runs.writeBatch(a.claimed.fence, commit(aPlan(1))),
    ]);

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['planned', 'fenced', 'planned']);
    expect(commits.map(({ outcome }) => outcome)).toEqual(['fenced', 'committed', 'committed']);
  });

  postgresTest(
    'fails for the one job whose row Postgres does not take, not for those beside it',
    async ({ dataSource }) => {
      const tenant = await aTenant(dataSource);
      for (let job = 0; job < 3; job += 1) await aSubmittedJob(dataSource, tenant);
      const [a, b, c] = [await aClaimedRun(dataSource), await aClaimedRun(dataSource), await aClaimedRun(dataSource)];
      for (const { claimed } of [a, b, c]) await a.runs.writeBatch(claimed.fence, plan(aPlan(1)));
      const tooMany = {
        kind: 'commit',
        commit: { ...aCommit(aPlan(1)), recordsIn: 2 ** 70 },
        next: undefined,
      } as const;

      const commits = await Promise.allSettled([
        a.runs.writeBatch(a.claimed.fence, commit(aPlan(1))),
        a.runs.writeBatch(b.claimed.fence, tooMany),
        a.runs.writeBatch(c.claimed.fence, commit(aPlan(1))),
      ]);

      expect(commits.map((one) => (one.status === 'fulfilled' ? one.value.outcome : 'failed'))).toEqual([
        'committed',
        'failed',
        'committed',
      ]);
    },
  );
});

describe('a batch that runs ahead', () => {
  postgresTest(
    'is planned before the one before it is committed, and outlives the run with it',
    async ({ dataSource }) => {
      await aSubmittedJob(dataSource, await aTenant(dataSource));
      const { runs, claimed } = await aClaimedRun(dataSource);
      const { fence } = claimed;
      await runs.writeBatch(fence, plan(aPlan(1)));
      expect(await runs.writeBatch(fence, plan(aPlan(2)))).toMatchObject({ outcome: 'planned', plan: aPlan(2) });
      const open = async (): Promise<(readonly [number, boolean])[]> =>
        (await runs.readBatches(fence, 1, 0)).map(({ plan: { batchId }, nextOffsets }) => [
          batchId,
          nextOffsets === undefined,
        ]);

      expect(await open()).toEqual([
        [1, true],
        [2, true],
      ]);
      expect(await runs.writeBatch(fence, commit(aPlan(1)))).toMatchObject({
        outcome: 'committed',
        nextPlanned: false,
      });
      expect(await open()).toEqual([
        [1, false],
        [2, true],
      ]);
    },
  );
});

describe('a job that is not wanted running any more', () => {
  postgresTest(
    'I11: gets no new plan, alone or with a commit, and its open batch can still be committed',
    async ({ dataSource }) => {
      const tenant = await aTenant(dataSource);
      const id = await aSubmittedJob(dataSource, tenant);
      const { runs, claimed } = await aClaimedRun(dataSource);
      await runs.writeBatch(claimed.fence, plan(aPlan(1)));
      await stores(dataSource).jobs.forTenant(tenant).order(id, 'stop', { actor: 'test', trace: undefined });

      expect(await runs.writeBatch(claimed.fence, plan(aPlan(1)))).toMatchObject({
        outcome: 'planned',
        plan: aPlan(1),
      });
      expect(await runs.writeBatch(claimed.fence, commit(aPlan(1), aPlan(2)))).toMatchObject({
        outcome: 'committed',
        nextPlanned: false,
        orders: { desired: 'stopped' },
      });
      expect(await runs.writeBatch(claimed.fence, plan(aPlan(2)))).toMatchObject({ outcome: 'held_back' });
      expect(await runs.readBatches(claimed.fence, 1, 0)).toHaveLength(1);
    },
  );

  postgresTest('is cancelled by a run that ends in whatever way, once that is ordered', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const { runs, claimed } = await aClaimedRun(dataSource);
    const store = stores(dataSource).jobs.forTenant(tenant);
    await store.order(id, 'cancel', { actor: 'test', trace: undefined });

    await runs.end(claimed.fence, { kind: 'failed', code: 'job_code_threw', reason: 'it threw' });

    expect(await store.find(id)).toMatchObject({ status: 'cancelled' });
  });
});

describe('a run that ends with words that Postgres cannot keep', () => {
  postgresTest('S9: ends all the same', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const { runs, claimed } = await aClaimedRun(dataSource);

    await runs.end(claimed.fence, { kind: 'failed', code: 'job_code_threw', reason: 'half of a pair: \ud800, \0' });

    const found = await stores(dataSource).jobs.forTenant(tenant).find(id);
    expect(found).toMatchObject({ status: 'failed', statusReason: 'half of a pair: \ufffd, \ufffd' });
  });
});

describe('a claim', () => {
  postgresTest('R4: is made once, however often the message is delivered', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const { runs, claimed, runnerId } = await aClaimedRun(dataSource);

    expect(await runs.claim(claimed.fence.runId, runnerId)).toBeUndefined();
  });

  postgresTest('R32: is refused once the job is ordered to stop', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const { runs, scheduling, jobs } = stores(dataSource);
    const runner = aRunnerId();
    await runs.registerRunner({ id: runner, host: 'here', pid: 1, slots: 1, sandbox: {} });
    const [scheduled] = await scheduling.scheduleDueJobs(1);
    await jobs.forTenant(tenant).order(id, 'stop', { actor: 'test', trace: undefined });

    expect(scheduled?.outcome === 'scheduled' && (await runs.claim(scheduled.runId, runner))).toBeUndefined();
    expect(await jobs.forTenant(tenant).find(id)).toMatchObject({ status: 'stopped', currentRun: undefined });
  });
});

describe('a checkpoint', () => {
  postgresTest('can be restored only once it is complete', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const { runs, scheduling, claimed } = await aClaimedRun(dataSource);
    await runs.writeBatch(claimed.fence, plan(aPlan(1)));
    await runs.writeBatch(claimed.fence, commit(aPlan(1)));
    await runs.beginCheckpoint(claimed.fence, aCheckpoint('ckp_pending', 1));
    await runs.end(claimed.fence, { kind: 'drained', reason: 'runner_shutdown' });

    const again = await aClaimedRun(dataSource);
    expect(again.claimed.decision.verdict).toMatchObject({ from: { kind: 'replay_from_beginning' } });

    await runs.beginCheckpoint(again.claimed.fence, aCheckpoint('ckp_good', 1));
    expect(await runs.completeCheckpoint(again.claimed.fence, 'ckp_good' as CheckpointId, written)).toBe('done');
    await runs.end(again.claimed.fence, { kind: 'drained', reason: 'runner_shutdown' });
    const third = await aClaimedRun(dataSource);
    expect(third.claimed.checkpoint).toMatchObject({ id: 'ckp_good', offsets: { numbers: { '0': 10 } } });
    expect(third.claimed.decision.trigger).toBe('resume');
    expect(await scheduling.retireCheckpoints({ perTimeline: 5 })).toEqual([
      { id: 'ckp_pending', path: expect.any(String) as string },
    ]);
  });

  postgresTest(
    'R9: that is unreadable gives way to the next older one, and the decision says so',
    async ({ dataSource }) => {
      await aSubmittedJob(dataSource, await aTenant(dataSource));
      const { runs, claimed } = await aClaimedRun(dataSource);
      for (const batchId of [1, 2]) {
        await runs.writeBatch(claimed.fence, plan(aPlan(batchId)));
        await runs.writeBatch(claimed.fence, commit(aPlan(batchId)));
        await runs.beginCheckpoint(claimed.fence, aCheckpoint(`ckp_c${batchId}`, batchId));
        await runs.completeCheckpoint(claimed.fence, `ckp_c${batchId}` as CheckpointId, written);
      }
      await runs.end(claimed.fence, { kind: 'drained', reason: 'runner_shutdown' });
      const again = await aClaimedRun(dataSource);
      expect(again.claimed.checkpoint?.id).toBe('ckp_c2');

      const decided = await runs.rejectCheckpoint(again.claimed.fence, 'ckp_c2' as CheckpointId, 'a file is missing');

      expect(decided).toMatchObject({
        ...{ outcome: 'decided', wasKnown: false },
        checkpoint: { id: 'ckp_c1' },
        decision: { verdict: { reasonCode: 'OLDER_CHECKPOINT' } },
      });
    },
  );
});

describe('a run that ends badly', () => {
  postgresTest('is followed by another after a growing delay, and given up in the end', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const { jobs } = stores(dataSource);
    const statuses = [];
    const { runs, scheduling, runnerId, claimed: first } = await aClaimedRun(dataSource);
    for (let attempt = 1, claimed = first; attempt <= 12; attempt += 1) {
      if (attempt > 1) claimed = await claimNext({ runs, scheduling }, runnerId);
      await runs.end(claimed.fence, { kind: 'back_off', code: 'sandbox_lost', reason: 'it is down' });
      statuses.push((await jobs.forTenant(tenant).find(id))?.status);
      await dataSource.query('UPDATE jobs SET retry_at = NULL');
    }
    expect(statuses).toEqual([...Array<string>(11).fill('backing_off'), 'failed']);
    expect(await jobs.forTenant(tenant).find(id)).toMatchObject({ statusCode: 'CRASH_LOOP' });
  });

  postgresTest('whose job is being stopped leaves it stopped', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const { runs, claimed } = await aClaimedRun(dataSource);
    const store = stores(dataSource).jobs.forTenant(tenant);
    await store.order(id, 'stop', { actor: 'test', trace: undefined });
    expect((await runs.heartbeat((await store.listRuns(id, { limit: 1 }))[0]?.runnerId ?? aRunnerId())).outcome).toBe(
      'alive',
    );

    await runs.end(claimed.fence, { kind: 'back_off', code: 'sink_unavailable', reason: 'it is down' });

    expect(await store.find(id)).toMatchObject({ status: 'stopped', desired: 'stopped' });
  });
});

describe('what a plan passes over', () => {
  const skipping = (batchId: number): BatchPlan => ({
    ...aPlan(batchId),
    skipped: { numbers: { '0': { from: batchId, to: batchId + 1 } } },
  });

  postgresTest('is kept with it, whether it is written alone or with a commit', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const { runs, claimed } = await aClaimedRun(dataSource);

    const first = await runs.writeBatch(claimed.fence, plan(skipping(1)));
    await runs.writeBatch(claimed.fence, commit(aPlan(1), skipping(2)));

    expect(first).toMatchObject({ outcome: 'planned', plan: skipping(1) });
    const logged = await runs.readBatches(claimed.fence, 1, 0);
    expect(logged.map((batch) => batch.plan)).toEqual([skipping(1), skipping(2)]);
    const shown = await stores(dataSource).jobs.forTenant(tenant).listBatches(id, { limit: 5 });
    expect(shown.map((batch) => batch.plan.skipped)).toEqual([skipping(2).skipped, skipping(1).skipped]);
  });

  postgresTest('is the stored one for whoever plans the batch again', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const { runs, claimed } = await aClaimedRun(dataSource);
    await runs.writeBatch(claimed.fence, plan(aPlan(1)));

    const again = await runs.writeBatch(claimed.fence, plan(skipping(1)));

    expect(again).toMatchObject({ outcome: 'planned' });
    expect(again.outcome === 'planned' && again.plan).toEqual(aPlan(1));
  });
});

describe('a run that ends by itself', () => {
  postgresTest('leaves the job finished, and nobody starts it again but its owner', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const { runs, claimed, scheduling } = await aClaimedRun(dataSource);
    await runs.markRunning(claimed.fence);

    await runs.end(claimed.fence, { kind: 'finished' });

    const store = stores(dataSource).jobs.forTenant(tenant);
    expect(await store.find(id)).toMatchObject({ status: 'finished', desired: 'running', currentRun: undefined });
    expect((await store.listEvents(id, { limit: 1 })).map(({ type }) => type)).toEqual(['job.finished']);
    expect(await scheduling.scheduleDueJobs(1)).toEqual([]);

    await store.order(id, 'start', { actor: 'test', trace: undefined });
    expect(await scheduling.scheduleDueJobs(1)).toMatchObject([{ outcome: 'scheduled', jobId: id }]);
  });

  postgresTest('runs again for a new revision, one that came before its end or after it', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const store = stores(dataSource).jobs.forTenant(tenant);
    const revise = (): Promise<unknown> => store.addRevision(id, aRevision(), { actor: 'test', trace: undefined });
    const first = await aClaimedRun(dataSource);
    await first.runs.markRunning(first.claimed.fence);
    await revise();
    await first.runs.end(first.claimed.fence, { kind: 'finished' });
    expect(await store.find(id)).toMatchObject({ status: 'scheduled', revision: 2 });

    const second = await aClaimedRun(dataSource);
    await second.runs.markRunning(second.claimed.fence);
    await second.runs.end(second.claimed.fence, { kind: 'finished' });
    expect(await store.find(id)).toMatchObject({ status: 'finished' });
    await revise();
    expect(await store.find(id)).toMatchObject({ status: 'scheduled', revision: 3 });
  });

  postgresTest('is stopped if that was ordered before its end', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const { runs, claimed } = await aClaimedRun(dataSource);
    await runs.markRunning(claimed.fence);
    const store = stores(dataSource).jobs.forTenant(tenant);
    await store.order(id, 'stop', { actor: 'test', trace: undefined });

    await runs.end(claimed.fence, { kind: 'finished' });

    expect(await store.find(id)).toMatchObject({ status: 'stopped', desired: 'stopped' });
  });
});
