import type { CheckpointId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import { aCheckpoint, aClaimedRun, aSubmittedJob, aTenant, aWrittenCheckpoint, stores } from '../testing.js';

const id = (batchId: number): CheckpointId => `ckp_${String(batchId).padStart(4, '0')}` as CheckpointId;
const by = { actor: 'somebody', trace: undefined };

/** A job with checkpoints 1 and 2, of which 2 builds on 1, and 3 and 4, which build on nothing. */
async function aJobWithCheckpoints(dataSource: DataSource) {
  const tenantId = await aTenant(dataSource);
  const jobId = await aSubmittedJob(dataSource, tenantId);
  const run = await aClaimedRun(dataSource);
  const { fence } = run.claimed;
  for (const batchId of [1, 2, 3, 4]) {
    await run.runs.beginCheckpoint(
      fence,
      aCheckpoint(id(batchId), batchId, { buildsOn: batchId === 2 ? [id(1)] : [] }),
    );
    await run.runs.completeCheckpoint(fence, id(batchId), aWrittenCheckpoint);
  }
  const retire = async (): Promise<string[]> =>
    (await run.scheduling.retireCheckpoints({ perTimeline: 1 })).map((each) => each.id).sort();
  const stop = async (): Promise<void> => {
    await stores(dataSource).jobs.forTenant(tenantId).order(jobId, 'stop', by);
    await run.runs.end(fence, { kind: 'drained', reason: 'stop' });
  };
  const startFrom = (checkpointId: CheckpointId) =>
    stores(dataSource)
      .jobs.forTenant(tenantId)
      .order(jobId, 'start', { ...by, startMode: { mode: 'checkpoint', checkpointId } });
  return { ...run, retire, stop, startFrom };
}

describe('I10: a checkpoint that an order to start has named', () => {
  postgresTest('is kept with what it builds on until the job is started from it', async ({ dataSource }) => {
    const { retire, stop, startFrom, scheduling } = await aJobWithCheckpoints(dataSource);
    await stop();
    expect(await startFrom(id(2))).toMatchObject({ outcome: 'ordered' });

    expect(await retire()).toEqual([]);

    expect(await scheduling.scheduleDueJobs(1)).toMatchObject([{ outcome: 'scheduled' }]);
    expect(await dataSource.query('SELECT base_checkpoint_id FROM jobs')).toEqual([{ base_checkpoint_id: id(2) }]);
  });

  postgresTest('is not accepted when it is collected before the order is', async ({ dataSource }) => {
    const { retire, stop, startFrom } = await aJobWithCheckpoints(dataSource);
    await stop();
    expect(await retire()).toEqual([id(1), id(2)]);

    expect(await startFrom(id(2))).toEqual({ outcome: 'checkpoint_gone', checkpointId: id(2) });
    expect(await startFrom(id(3))).toMatchObject({ outcome: 'ordered' });
  });

  postgresTest('is either started from or collected, whichever comes first', async ({ dataSource }) => {
    for (let round = 0; round < 5; round += 1) {
      const { retire, stop, startFrom } = await aJobWithCheckpoints(dataSource);
      await stop();
      const [ordered, ...collected] = await Promise.all([startFrom(id(2)), retire(), retire()]);
      const isGone = collected.flat().includes(id(2));
      expect(ordered.outcome).toBe(isGone ? 'checkpoint_gone' : 'ordered');
      if (!isGone) expect(collected.flat()).toEqual([]);
      await dataSource.query('DELETE FROM jobs');
      await dataSource.query('DELETE FROM runners');
    }
  });
});

describe('I6: a checkpoint that somebody takes hold of while it is to be collected', () => {
  postgresTest('keeps what it builds on, which was to go together with it', async ({ dataSource }) => {
    const { retire } = await aJobWithCheckpoints(dataSource);
    await dataSource.transaction(async (tx) => {
      // As when it was read back and found whole.
      await tx.query(`UPDATE checkpoints SET verified_at = now(), holds = holds + 1 WHERE id = $1`, [id(2)]);
      expect(await retire()).toEqual([]);
    });

    expect(await retire()).toEqual([]);
  });
});
