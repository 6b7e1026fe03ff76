import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import { aCheckpoint, type DataSource } from '../testing.js';
import { pruneLetters } from './run-letters.js';
import { aLetter, aPlan, aRunningJob, backTo, BY } from './testing/running-job.js';

describe('an undone rollback', () => {
  postgresTest('brings back that a letter was re-driven, whatever came of it meanwhile', async ({ dataSource }) => {
    const { jobId, letters, batch, claimed, list, runs, fence } = await aRunningJob(dataSource);
    const redrive = async (batchId: number, timeline: number, isBack = false) => {
      await letters.redrive(jobId, { all: {} }, BY);
      const redriven = await runs.recordsToRedrive(fence, ['in']);
      expect(redriven).toHaveLength(1);
      await batch(aPlan(batchId, { timeline, redriven }), isBack ? [aLetter(1)] : []);
    };
    await batch(aPlan(1), [aLetter(1)]);
    await redrive(2, 1);

    for (const isBack of [false, true]) {
      const aside = await backTo(dataSource, claimed, { timeline: 1, batchId: 1 });
      expect(await list()).toEqual([[1, 1, 'waiting']]);
      await redrive(2, aside, isBack);
      await letters.redrive(jobId, { all: {} }, BY);

      await backTo(dataSource, claimed, { timeline: 1, batchId: 2 });
      expect(await list()).toEqual([[1, 1, 'redriven']]);
      expect(await runs.recordsToRedrive(fence, ['in'])).toEqual([]);
    }
  });

  postgresTest('brings back a letter that was to be re-driven, and that it is', async ({ dataSource }) => {
    const { jobId, letters, batch, claimed, list, runs, fence } = await aRunningJob(dataSource);
    await batch(aPlan(1));
    await batch(aPlan(2), [aLetter(11)]);
    await letters.redrive(jobId, { all: {} }, BY);

    await backTo(dataSource, claimed, { timeline: 1, batchId: 1 });
    expect(await runs.recordsToRedrive(fence, ['in'])).toEqual([]);
    expect(await isRedriveWanted(dataSource)).toEqual([{ redrive_wanted: false }]);

    await backTo(dataSource, claimed, { timeline: 1, batchId: 2 });
    expect(await list()).toEqual([[11, 1, 'redriving']]);
    expect(await isRedriveWanted(dataSource)).toEqual([{ redrive_wanted: true }]);
    expect(await runs.recordsToRedrive(fence, ['in'])).toMatchObject([{ offset: 11 }]);
  });
});

describe('letters that nothing is to be done about', () => {
  postgresTest('are kept while a checkpoint is that is older than their re-driving', async ({ dataSource }) => {
    const { jobId, letters, batch, list, runs, fence } = await aRunningJob(dataSource);
    await batch(aPlan(1), [aLetter(1)]);
    await complete(dataSource, { runs, fence }, { id: 'ckp_1', timeline: 1, batchId: 1 });
    await letters.redrive(jobId, { all: {} }, BY);
    await batch(aPlan(2, { redriven: await runs.recordsToRedrive(fence, ['in']) }));
    await complete(dataSource, { runs, fence }, { id: 'ckp_2', timeline: 1, batchId: 2 });

    await pruneLetters(dataSource.manager, 0);
    expect(await list()).toEqual([[1, 1, 'redriven']]);

    await dataSource.query(`DELETE FROM checkpoints WHERE id = 'ckp_1'`);
    await pruneLetters(dataSource.manager, 0);
    expect(await list()).toEqual([]);
  });

  postgresTest('are kept while a checkpoint of another timeline is on which they wait', async ({ dataSource }) => {
    const { jobId, letters, batch, claimed, list, runs, fence } = await aRunningJob(dataSource);
    await batch(aPlan(1), [aLetter(1)]);
    await letters.redrive(jobId, { all: {} }, BY);
    await batch(aPlan(2, { redriven: await runs.recordsToRedrive(fence, ['in']) }));
    const aside = await backTo(dataSource, claimed, { timeline: 1, batchId: 1 });
    await batch(aPlan(2, { timeline: aside }));
    await complete(dataSource, { runs, fence }, { id: 'ckp_1', timeline: aside, batchId: 2 });
    await backTo(dataSource, claimed, { timeline: 1, batchId: 2 });

    await pruneLetters(dataSource.manager, 0);
    expect(await list()).toEqual([[1, 1, 'redriven']]);

    await dataSource.query(`UPDATE checkpoints SET status = 'deleted'`);
    await pruneLetters(dataSource.manager, 0);
    expect(await list()).toEqual([]);
  });

  postgresTest('are kept while a checkpoint has them from which the job could go on', async ({ dataSource }) => {
    const { batch, claimed, list, runs, fence } = await aRunningJob(dataSource);
    await batch(aPlan(1));
    await batch(aPlan(2), [aLetter(11)]);
    await complete(dataSource, { runs, fence }, { id: 'ckp_1', timeline: 1, batchId: 2 });
    await backTo(dataSource, claimed, { timeline: 1, batchId: 1 });

    await pruneLetters(dataSource.manager, 0);
    expect(await list()).toEqual([[11, 1, 'left_behind']]);

    await dataSource.query(`DELETE FROM checkpoints WHERE id = 'ckp_1'`);
    await pruneLetters(dataSource.manager, 0);
    expect(await list()).toEqual([]);
  });
});

const isRedriveWanted = (dataSource: DataSource): Promise<unknown> =>
  dataSource.query('SELECT redrive_wanted FROM jobs');

async function complete(
  dataSource: DataSource,
  { runs, fence }: Pick<Awaited<ReturnType<typeof aRunningJob>>, 'runs' | 'fence'>,
  { id, timeline, batchId }: { readonly id: string; readonly timeline: number; readonly batchId: number },
): Promise<void> {
  await runs.beginCheckpoint(fence, { ...aCheckpoint(id, batchId), timeline });
  await dataSource.query(`UPDATE checkpoints SET status = 'complete' WHERE id = $1`, [id]);
}
