import type { Checkpoint, Job } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, writeInput } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { until } from './until.js';

const CUSTOMERS = 20_000;
const WAIT_MS_MAX = 60_000;

describe('a deep plan of an upgrade, for a job whose state lies on disk', () => {
  let instance: Instance;
  let job: Job;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  const bundleOfForm = (form: 1 | 2 | 3) => bundleOf('spilled', { constants: { FORM: form, LAST: CUSTOMERS - 1 } });
  const plan = async (form: 1 | 2 | 3, deep: boolean | 'all') =>
    instance.tidemark.jobs.planUpgrade(job.id, { bundle: await bundleOfForm(form), deep });

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    const orders = Array.from({ length: CUSTOMERS }, (_, number) => ({ customer: `customer-${number}`, number }));
    await writeInput(instance, 'orders/all.jsonl', orders);
    const config = { checkpointIntervalMs: 500 };
    job = await instance.tidemark.jobs.submit({ bundle: await bundleOfForm(1), config });
    await checkpointOf(1);
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  /** The newest checkpoint of a revision that has all customers. */
  const checkpointOf = (revision: number): Promise<Checkpoint> =>
    until(`revision ${revision} has a checkpoint of all customers`, WAIT_MS_MAX, async () => {
      const { status, reason } = await instance.tidemark.jobs.get(job.id);
      if (status === 'failed') throw new Error(`The job has failed: ${reason?.message ?? ''}`);
      const { items } = await instance.tidemark.jobs.checkpoints(job.id, { limit: 5 });
      return items.find((one) => one.status === 'complete' && one.revision === revision && one.stateRows >= CUSTOMERS);
    });

  it('converts all of it when asked, and a sample otherwise, and says how much', async () => {
    expect((await plan(2, false)).tried).toBeNull();
    const sample = await plan(2, true);
    expect(sample).toMatchObject({ outcome: 'proceed', tried: { isCutShort: false } });
    const all = await plan(2, 'all');
    expect(all).toMatchObject({ outcome: 'proceed', warnings: [], tried: { isCutShort: false } });
    expect(all.tried?.ofRows).toBeGreaterThanOrEqual(CUSTOMERS);
    expect(all.tried?.rows).toBe(all.tried?.ofRows);
    expect(sample.tried?.ofRows).toBeGreaterThanOrEqual(CUSTOMERS);
    expect(sample.tried?.rows).toBeGreaterThan(1_000);
  });

  it('finds the one key that cannot be converted, while the job goes on as it is', async () => {
    await expect(plan(3, 'all')).rejects.toMatchObject({
      code: 'state_conversion_failed',
      message: expect.stringMatching(/"newest" for key "customer-19999".*one customer too many/) as string,
    });
    expect(await instance.tidemark.jobs.get(job.id)).toMatchObject({ status: 'running', revision: 1, upgrade: null });
  });

  it('says what the deployment then does', async () => {
    await instance.tidemark.jobs.deploy(job.id, { plan: (await plan(2, 'all')).id });
    const { id, stateRows } = await checkpointOf(2);
    expect(stateRows).toBe(CUSTOMERS);
    const [row] = await instance.tidemark.state.get(job.id, id, { operator: 'newest', key: 'customer-41' });
    expect(row?.value).toEqual({ newest: 41 });
  });
});
