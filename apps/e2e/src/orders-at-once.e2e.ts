import { TidemarkApiError, type Job } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectExactlyOnce, submitEcho } from './echo.js';
import { aHome, Instance, kill } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { until } from './until.js';

const WAIT_MS_MAX = 60_000;
const AT_ONCE = 50;

type Order = () => Promise<unknown>;

describe('orders for one job that come all at once', () => {
  let instance: Instance;
  let id: string;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    id = await submitEcho(instance, 'orders');
    await instance.tidemark.jobs.setRetention(id, { checkpoints: 1_000 });
    await until('there are checkpoints to go back to', WAIT_MS_MAX, async () =>
      (await checkpoints()).length >= 3 ? true : undefined,
    );
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  const current = (): Promise<Job> => instance.tidemark.jobs.get(id);

  const checkpoints = async () =>
    (await instance.tidemark.jobs.checkpoints(id, { limit: 100 })).items.filter(({ status }) => status === 'complete');

  /** What each was answered: `done`, or the status of its refusal. */
  const answersTo = (orders: readonly Order[]): Promise<readonly (number | 'done')[]> =>
    Promise.all(
      orders.map((order) =>
        order().then(
          () => 'done' as const,
          (error: unknown) => {
            if (error instanceof TidemarkApiError) return error.status;
            throw error;
          },
        ),
      ),
    );

  async function goesOn(): Promise<Job> {
    const before = await current();
    return until('the job goes on', WAIT_MS_MAX, async () => {
      const job = await current();
      const isNew = job.lastBatch?.timeline === job.timeline && job.status === 'running';
      const hasMore = (job.lastBatch?.batchId ?? 0) >= (before.lastBatch?.batchId ?? 0) + 3;
      return isNew && (hasMore || job.timeline > before.timeline) ? job : undefined;
    });
  }

  it('R20: fifty rollbacks of a running job: one after the other, and it goes on from the last', async () => {
    const targets = (await checkpoints()).slice(0, 3);
    const orders = Array.from({ length: AT_ONCE }, (_, index) => () => {
      const checkpointId = targets[index % targets.length]?.id ?? '';
      return instance.tidemark.recovery.rollBack(id, { checkpointId });
    });
    const answers = await answersTo(orders);
    expect(answers.filter((answer) => answer !== 'done' && answer !== 409)).toEqual([]);
    expect(answers).toContain('done');

    const job = await until('no rollback waits any more', WAIT_MS_MAX, async () => {
      const { items } = await instance.tidemark.recovery.rollbacks(id, { limit: 100 });
      return items.some(({ status }) => status === 'ordered') ? undefined : await current();
    });
    const { items } = await instance.tidemark.recovery.rollbacks(id, { limit: 100 });
    expect(items.filter(({ status }) => status === 'begun').map(({ timeline }) => timeline)).toContain(job.timeline);
    await goesOn();
  });

  it('R21: rollbacks, deployments, stops and starts while its runner dies: each is done or refused', async () => {
    const bundle = await bundleOf('echo', { constants: { NAME: 'orders' }, minify: true });
    const [target] = await checkpoints();
    const { jobs, recovery } = instance.tidemark;
    const kinds: readonly Order[] = [
      () => recovery.rollBack(id, { checkpointId: target?.id ?? '' }),
      () => jobs.deploy(id, { bundle }),
      () => jobs.stop(id),
      () => jobs.start(id),
      () => recovery.requestSavepoint(id, 'in the midst of it'),
    ];
    const orders = Array.from({ length: AT_ONCE }, (_, index) => kinds[index % kinds.length] ?? (() => jobs.get(id)));
    kill((await instance.runnerOf(id)).pid, 'SIGKILL');
    const answers = await answersTo(orders);
    expect(answers.filter((answer) => answer !== 'done' && answer !== 409)).toEqual([]);

    // Whatever came last, it is at rest or runs; and it does what it is told next.
    await until('the job has come to rest, or runs', WAIT_MS_MAX, async () =>
      ['running', 'stopped'].includes((await current()).status) ? true : undefined,
    );
    await jobs.start(id);
    await goesOn();
  });

  it('leave what the sinks hold as if there had been none', async () => {
    await instance.tidemark.jobs.cancel(id);
    await instance.tidemark.jobs.waitFor(id, ({ status }) => status === 'cancelled', { timeoutMs: WAIT_MS_MAX });
    await expectExactlyOnce(instance, 'orders');
  });
});
