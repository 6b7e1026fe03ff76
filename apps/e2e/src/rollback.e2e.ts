import type { Job, JobEvent } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { until } from './until.js';
import { expectEachVisitOnce, writeVisits } from './visits.js';

const WAIT_MS_MAX = 30_000;
const DROPS = { drops: ['recent'] };

describe('a revision that is worse than the one before it', () => {
  let instance: Instance;
  let job: Job;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    await writeVisits(instance);
    job = await instance.tidemark.jobs.submit({ bundle: await bundleOf('visits', { constants: { WINDOW: '1 s' } }) });
    await commits(10);
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  const current = (): Promise<Job> => instance.tidemark.jobs.get(job.id);

  async function commits(count: number): Promise<Job> {
    const before = (await current()).lastBatch?.batchId ?? 0;
    return until(`${count} more batches are committed`, WAIT_MS_MAX, async () => {
      const now = await current();
      if (now.status === 'failed') throw new Error(`The job has failed: ${now.reason?.message ?? ''}`);
      const { lastBatch, timeline } = now;
      return lastBatch?.timeline === timeline && lastBatch.batchId >= before + count ? now : undefined;
    });
  }

  const events = async (type: string): Promise<readonly JobEvent[]> =>
    (await instance.tidemark.jobs.events(job.id, { type, limit: 100 })).items;

  it.each([
    ['throws', 'the third batch is too much'],
    ['slow', 'times as long as before'],
    ['explodes', 'its state has'],
  ] as const)('%s: goes back by itself, with its output as if it had never been', async (fault, reason) => {
    const { timeline } = await current();
    const bundle = await bundleOf('visits-worse', { constants: { FAULT: fault } });
    await instance.tidemark.jobs.deploy(job.id, { bundle, upgrade: DROPS });
    await until('the job has gone back', WAIT_MS_MAX, async () =>
      (await current()).timeline > timeline ? true : undefined,
    );
    const back = await commits(6);

    expect(back).toMatchObject({ status: 'running', revision: 1, timeline: timeline + 1 });
    const rolledBack = (await events('revision.rolled_back')).at(-1);
    expect(rolledBack?.data).toMatchObject({ to: 1, reason: expect.stringContaining(reason) as string });
    const [decision] = (await instance.tidemark.jobs.decisions(job.id, { limit: 1 })).items;
    expect(decision).toMatchObject({ trigger: 'rollback', reasonCode: 'ASKED_CHECKPOINT' });
    await expectEachVisitOnce(instance);
  });

  it('is none when it goes on as it should: it counts as healthy, and is not watched any more', async () => {
    const bundle = await bundleOf('visits-renamed', { minify: true });
    const { revision } = await instance.tidemark.jobs.deploy(job.id, { bundle });
    await until('the revision is healthy', WAIT_MS_MAX, async () =>
      (await events('revision.healthy')).some(({ data }) => data['revision'] === revision) ? true : undefined,
    );
    await commits(4);
    expect(await current()).toMatchObject({ revision, status: 'running' });
    await expectEachVisitOnce(instance);
  });
});
