import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareFlights, recountFlights, submitFlights } from './flights.js';
import { aHome, Instance, kill } from './instance.js';
import { descendantsOf, isAlive } from './processes.js';
import { until } from './until.js';

const COMMIT_MS_MAX = 20_000;
const LEASE_MS = 2_000;

/** The next commit after `batchId`. */
const committedAfter = (instance: Instance, jobId: string, batchId: number) =>
  until(`a batch after ${batchId} is committed`, COMMIT_MS_MAX, async () => {
    const { lastBatch } = await instance.tidemark.jobs.get(jobId);
    return lastBatch !== null && lastBatch.batchId > batchId ? lastBatch : undefined;
  });

describe('a job whose runner is gone', () => {
  let instance: Instance;
  let jobId: string;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home, { TIDEMARK_LEASE_MS: String(LEASE_MS) });
    await prepareFlights(instance, 100_000);
    jobId = (await submitFlights(instance)).id;
    await committedAfter(instance, jobId, 2);
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  const lastBatchId = async (): Promise<number> => (await instance.tidemark.jobs.get(jobId)).lastBatch?.batchId ?? 0;

  it('R1: goes on elsewhere after kill -9, three times over, and its numbers are exactly right', async () => {
    for (let kills = 0; kills < 3; kills += 1) {
      const before = await lastBatchId();
      const victim = await instance.runnerOf(jobId);
      kill(victim.pid, 'SIGKILL');
      await committedAfter(instance, jobId, before + 2);
      expect((await instance.runnerOf(jobId)).id).not.toBe(victim.id);
    }
    expect(await recountFlights(instance, jobId)).toMatchObject({ ok: true, differences: [] });
  });

  it('R2: is not written to by a runner that was paused for longer than its lease, whose sandbox is gone at once', async () => {
    const zombie = await instance.runnerOf(jobId);
    const sandboxes = await descendantsOf(zombie.pid);
    expect(sandboxes.length).toBeGreaterThan(0);
    const { epoch } = await instance.tidemark.jobs.get(jobId);
    kill(zombie.pid, 'SIGSTOP');
    const successor = await until('another runner owns the job', COMMIT_MS_MAX, async () => {
      const job = await instance.tidemark.jobs.get(jobId);
      return job.epoch > epoch && job.status === 'running' ? job : undefined;
    });
    await committedAfter(instance, jobId, await lastBatchId());

    kill(zombie.pid, 'SIGCONT');
    await until('the sandboxes of the paused runner are gone', 1_000, async () =>
      (await Promise.all(sandboxes.map(isAlive))).some((alive) => alive) ? undefined : true,
    );

    const takeover = await lastBatchId();
    await committedAfter(instance, jobId, takeover + 2);
    const batches = [];
    for await (const batch of instance.tidemark.jobs.batches(jobId)) batches.push(batch);
    const late = batches.filter(
      ({ batchId, commit }) => batchId > takeover && commit !== null && commit.epoch !== successor.epoch,
    );
    expect(late).toEqual([]);
    expect(await recountFlights(instance, jobId)).toMatchObject({ ok: true, differences: [] });
  });

  it('goes on after every process at once was killed, Postgres included', async () => {
    const before = await lastBatchId();
    await instance.killEverything();
    instance = await Instance.start(dataHome.home, { TIDEMARK_LEASE_MS: String(LEASE_MS) });

    await committedAfter(instance, jobId, before + 2);

    expect(await recountFlights(instance, jobId)).toMatchObject({ ok: true, differences: [] });
  });

  it('stops with a checkpoint of its last batch and no plan open, and the next start goes on from there', async () => {
    const { jobs } = instance.tidemark;
    await jobs.stop(jobId);
    const stopped = await jobs.waitFor(jobId, ({ status }) => status === 'stopped', { timeoutMs: COMMIT_MS_MAX });
    const [newest] = (await jobs.checkpoints(jobId, { limit: 1 })).items;
    const [lastPlan] = (await jobs.batches(jobId, { limit: 1 })).items;
    expect(newest).toMatchObject({ status: 'complete', batchId: stopped.lastBatch?.batchId });
    expect(lastPlan?.batchId).toBe(stopped.lastBatch?.batchId);

    expect(await instance.stop()).toBe(0);
    instance = await Instance.start(dataHome.home);
    await instance.tidemark.jobs.start(jobId);
    await committedAfter(instance, jobId, stopped.lastBatch?.batchId ?? 0);

    const [decision] = (await instance.tidemark.jobs.decisions(jobId, { limit: 1 })).items;
    expect(decision).toMatchObject({ trigger: 'resume' });
    expect(await recountFlights(instance, jobId)).toMatchObject({ ok: true, differences: [] });
  });
});
