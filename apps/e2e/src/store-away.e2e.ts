import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectExactlyOnce, goesOn, submitEcho } from './echo.js';
import { aHome, Instance, kill } from './instance.js';
import { until } from './until.js';

const WAIT_MS_MAX = 60_000;

describe('R10: an object store that answers with errors', () => {
  let instance: Instance;
  let id: string;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    id = await submitEcho(instance, 'store');
    await newCheckpoint();
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  const objects = (): string => join(instance.home, 'objects');

  /** Nothing can be read or written below it, whoever asks; what was there is safe. */
  async function takeAway(): Promise<void> {
    await rename(objects(), `${objects()}-away`);
    await writeFile(objects(), 'no folder');
  }

  async function bringBack(): Promise<void> {
    await rm(objects());
    await rename(`${objects()}-away`, objects());
  }

  const complete = async () =>
    (await instance.tidemark.jobs.checkpoints(id, { limit: 100 })).items.filter(({ status }) => status === 'complete');

  async function newCheckpoint(): Promise<void> {
    const known = new Set((await complete()).map((one) => one.id));
    await until('a new checkpoint is complete', WAIT_MS_MAX, async () =>
      (await complete()).some((one) => !known.has(one.id)) ? true : undefined,
    );
  }

  it('costs checkpoints and no batch; afterwards there are checkpoints again, in the same run', async () => {
    const { epoch } = await instance.tidemark.jobs.get(id);
    await takeAway();
    const failed = await until('a checkpoint has failed', WAIT_MS_MAX, async () =>
      (await instance.tidemark.jobs.events(id)).items.find(({ type }) => type === 'checkpoint.failed'),
    );
    expect(failed.data).toHaveProperty('reason');
    await goesOn(instance, id);
    await bringBack();

    await newCheckpoint();
    expect((await instance.tidemark.jobs.get(id)).epoch).toBe(epoch);
  });

  it('makes a job that has to be restored wait for it, for a bounded number of starts, and never begin from nothing', async () => {
    await newCheckpoint();
    const { epoch } = await instance.tidemark.jobs.get(id);
    await takeAway();
    kill((await instance.runnerOf(id)).pid, 'SIGKILL');
    await until('a start has failed', WAIT_MS_MAX, async () =>
      (await instance.tidemark.jobs.get(id)).status === 'backing_off' ? true : undefined,
    );
    await bringBack();

    await goesOn(instance, id);
    const job = await instance.tidemark.jobs.get(id);
    expect(job.timeline).toBe(1);
    expect(job.epoch).toBeGreaterThan(epoch + 1);
    await instance.tidemark.jobs.cancel(id);
    await expectExactlyOnce(instance, 'store');
  });
});
