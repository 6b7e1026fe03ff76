import type { Job } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, kill } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { until } from './until.js';

const REPETITIONS = 50;
const WAIT_MS_MAX = 30_000;

describe('one request, repeated by fifty clients while the api is killed twice', () => {
  let instance: Instance;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  /** What each of the clients got in the end; none gives up, whatever happens to the api. */
  async function repeated(request: () => Promise<Job>, isMade: () => Promise<boolean>): Promise<readonly Job[]> {
    const answers = Array.from({ length: REPETITIONS }, () =>
      until('a client has its answer', WAIT_MS_MAX, () => request().catch(() => undefined)),
    );
    await killApi();
    // Whoever was about to be answered is not.
    await until('it is made', WAIT_MS_MAX, async () => (await isMade().catch(() => false)) || undefined);
    await killApi();
    return Promise.all(answers);
  }

  async function killApi(): Promise<void> {
    const { pid } = await until('an api runs', WAIT_MS_MAX, async () => (await instance.processes()).find(isApi));
    kill(pid, 'SIGKILL');
    await until('another api runs', WAIT_MS_MAX, async () =>
      (await instance.processes()).find((each) => isApi(each) && each.pid !== pid),
    );
  }

  it('F10, F11: makes one job of a submission, and everybody is told of it', async () => {
    const bundle = await bundleOf('steady');

    const jobs = await repeated(
      () => instance.tidemark.jobs.submit({ bundle }, { idempotencyKey: 'submit-once' }),
      async () => (await instance.tidemark.jobs.list({ limit: 1 })).items.length > 0,
    );

    const { items } = await instance.tidemark.jobs.list({ limit: 10 });
    expect(items).toHaveLength(1);
    expect(new Set(jobs.map(({ id }) => id))).toEqual(new Set(items.map(({ id }) => id)));
  });

  it('I15: makes one revision of a deployment', async () => {
    const { id } = await instance.tidemark.jobs.submit({ bundle: await bundleOf('steady'), name: 'deployed' });
    const bundle = await bundleOf('steady', { minify: true });

    const jobs = await repeated(
      () => instance.tidemark.jobs.deploy(id, { bundle }, { idempotencyKey: 'deploy-once' }),
      async () => (await instance.tidemark.jobs.get(id)).revision > 1,
    );

    const { items } = await instance.tidemark.jobs.revisions(id, { limit: 10 });
    expect(items.map(({ number }) => number)).toEqual([2, 1]);
    expect(jobs.map(({ revision }) => revision)).toEqual(jobs.map(() => 2));
  });
});

const isApi = ({ role }: { readonly role: string }): boolean => role === 'api';
