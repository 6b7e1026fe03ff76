import type { CheckpointId, RunnerId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import { aCheckpoint, aClaimedRun, aSubmittedJob, aTenant, aWrittenCheckpoint, claimNext, stores } from '../testing.js';
import { pinCheckpoint, releasePins, type CheckpointPin } from './checkpoint-pins.js';

const id = (batchId: number): CheckpointId => `ckp_${String(batchId).padStart(4, '0')}` as CheckpointId;

/** A job with checkpoints 1 and 2, of which 2 builds on 1, and 3 and 4, which build on nothing. */
async function aJobWithCheckpoints(dataSource: DataSource, runnerId?: RunnerId) {
  const tenantId = await aTenant(dataSource);
  const jobId = await aSubmittedJob(dataSource, tenantId);
  const all = stores(dataSource);
  const run =
    runnerId === undefined
      ? await aClaimedRun(dataSource)
      : { ...all, runnerId, claimed: await claimNext(all, runnerId) };
  for (const batchId of [1, 2, 3, 4]) {
    const buildsOn = batchId === 2 ? [id(1)] : [];
    await run.runs.beginCheckpoint(run.claimed.fence, aCheckpoint(id(batchId), batchId, { buildsOn }));
    await run.runs.completeCheckpoint(run.claimed.fence, id(batchId), aWrittenCheckpoint);
  }
  const pin: CheckpointPin = { tenantId, jobId, checkpointId: id(2), owner: 'fork/a', reason: 'it is copied' };
  const retire = async (): Promise<string[]> =>
    (await run.scheduling.retireCheckpoints({ perTimeline: 1 })).map((each) => each.id).sort();
  return { ...run, tenantId, jobId, pin, retire };
}

describe('a pinned checkpoint', () => {
  postgresTest('is kept with what it builds on until it is released', async ({ dataSource }) => {
    const { pin, retire } = await aJobWithCheckpoints(dataSource);
    expect(await dataSource.transaction((tx) => pinCheckpoint(tx, pin))).toBe('pinned');
    expect(await dataSource.transaction((tx) => pinCheckpoint(tx, { ...pin, owner: 'rollback/b' }))).toBe('pinned');
    expect(await retire()).toEqual([]);

    await dataSource.transaction((tx) => releasePins(tx, 'fork/a'));
    expect(await retire()).toEqual([]);
    await dataSource.transaction((tx) => releasePins(tx, 'rollback/b'));
    expect(await retire()).toEqual([id(1), id(2)]);
  });

  postgresTest('is left alone by a collector that runs while it is being pinned', async ({ dataSource }) => {
    const { pin, retire } = await aJobWithCheckpoints(dataSource);
    await dataSource.transaction(async (tx) => {
      expect(await pinCheckpoint(tx, pin)).toBe('pinned');
      expect(await retire()).toEqual([]);
    });
    expect(await retire()).toEqual([]);
  });

  postgresTest('is not pinned when the transaction is rolled back', async ({ dataSource }) => {
    const { pin, retire } = await aJobWithCheckpoints(dataSource);
    const failed = dataSource.transaction(async (tx) => {
      await pinCheckpoint(tx, pin);
      throw new Error('the rest failed');
    });
    await expect(failed).rejects.toThrow('the rest failed');
    expect(await retire()).toEqual([id(1), id(2)]);
  });

  postgresTest('must be there, whole, and of the job and tenant that are named', async ({ dataSource }) => {
    const { pin, retire, scheduling } = await aJobWithCheckpoints(dataSource);
    const tried = (more: Partial<CheckpointPin>) =>
      dataSource.transaction((tx) => pinCheckpoint(tx, { ...pin, ...more }));
    expect(await tried({ tenantId: await aTenant(dataSource) })).toBe('gone');
    expect(await tried({ checkpointId: id(9) })).toBe('gone');
    await dataSource.query(`UPDATE checkpoints SET status = 'corrupt' WHERE id = $1`, [id(3)]);
    expect(await tried({ checkpointId: id(3) })).toBe('gone');
    await dataSource.query(`UPDATE checkpoints SET status = 'complete' WHERE id = $1`, [id(3)]);

    await retire();
    expect(await tried({})).toBe('gone');
    await scheduling.forgetCheckpoints([id(1), id(2)]);
    expect(await tried({})).toBe('gone');
  });

  postgresTest('I9: is either pinned or collected, and never both', async ({ dataSource }) => {
    let runnerId: RunnerId | undefined;
    for (let round = 0; round < 25; round += 1) {
      const { pin, retire, ...run } = await aJobWithCheckpoints(dataSource, runnerId);
      ({ runnerId } = run);
      const [pinned, one, two] = await Promise.all([
        dataSource.transaction((tx) => pinCheckpoint(tx, pin)),
        retire(),
        retire(),
      ]);
      const gone = [...one, ...two];
      expect(gone.includes(id(2)) || gone.includes(id(1))).toBe(pinned === 'gone');
      await dataSource.query('DELETE FROM jobs');
    }
  });
});

describe('deleting a job', () => {
  postgresTest('is refused while another job needs one of its checkpoints', async ({ dataSource }) => {
    const { pin, tenantId, jobId, runs, claimed } = await aJobWithCheckpoints(dataSource);
    const forked = await aSubmittedJob(dataSource, tenantId);
    const jobs = stores(dataSource).jobs.forTenant(tenantId);
    await dataSource.transaction((tx) => pinCheckpoint(tx, { ...pin, forJobId: forked }));
    await jobs.order(jobId, 'stop', { actor: 'test', trace: undefined });
    await runs.end(claimed.fence, { kind: 'drained', reason: 'stop' });

    expect(await jobs.remove(jobId, {})).toEqual({
      outcome: 'pinned',
      checkpointId: id(2),
      owner: 'fork/a',
      reason: 'it is copied',
    });
    expect(await jobs.remove(forked, {})).toMatchObject({ outcome: 'ordered' });
    expect(await jobs.remove(jobId, {})).toMatchObject({ outcome: 'ordered' });
  });

  postgresTest('takes along what the job has pinned itself', async ({ dataSource }) => {
    const { pin, tenantId, jobId, runs, claimed } = await aJobWithCheckpoints(dataSource);
    const jobs = stores(dataSource).jobs.forTenant(tenantId);
    await dataSource.transaction((tx) => pinCheckpoint(tx, { ...pin, owner: 'upgrade-plan/x' }));
    await jobs.order(jobId, 'stop', { actor: 'test', trace: undefined });
    await runs.end(claimed.fence, { kind: 'drained', reason: 'stop' });

    expect(await jobs.remove(jobId, {})).toMatchObject({ outcome: 'ordered' });
    expect(await dataSource.query('SELECT * FROM checkpoint_pins')).toEqual([]);
  });
});
