import type { Job } from '@tidemark/sdk';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setConnection, warehouseUrl } from './connections.js';
import { aHome, Instance, kill } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { until } from './until.js';

const WAIT_MS_MAX = 60_000;
/** While it waits for its sink a job is tried again after growing pauses; a crash loop would take hundreds. */
const STARTS_MAX = 8;
const REFUSED_MS = 6_000;

describe('R29: a job whose sink is not to be reached', () => {
  let instance: Instance;
  let job: Job;
  let admin: Client;
  let url: URL;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    url = new URL(await warehouseUrl(instance));
    admin = new Client({ connectionString: url.href });
    await admin.connect();
    job = await instance.tidemark.jobs.submit({ bundle: await bundleOf('numbers') });
    await goesOn();
  });

  afterAll(async () => {
    await admin.end();
    await instance.stop();
    await dataHome.remove();
  });

  const current = (): Promise<Job> => instance.tidemark.jobs.get(job.id);

  function connectionWith(changes: Partial<Pick<URL, 'password' | 'hostname'>>): string {
    return Object.assign(new URL(url.href), changes).href;
  }

  async function goesOn(): Promise<void> {
    const before = (await current()).lastBatch?.batchId ?? 0;
    await until('batches are committed', WAIT_MS_MAX, async () =>
      ((await current()).lastBatch?.batchId ?? 0) >= before + 3 ? true : undefined,
    );
  }

  const endsSessions = async (): Promise<void> => {
    await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tidemark'`);
  };

  /** What the job does for some seconds, once `act` has made it connect again. */
  async function expectToWait(act: () => Promise<void>, code: string): Promise<void> {
    const { epoch } = await current();
    await act();
    const waiting = await until('the job waits for its sink', WAIT_MS_MAX, async () => {
      const now = await current();
      return now.status === 'backing_off' ? now : undefined;
    });
    expect(waiting.reason).toMatchObject({
      code: 'sink_unavailable',
      message: expect.stringContaining(code) as string,
    });
    expect(waiting.reason?.message).not.toMatch(/second|warehouse/);
    const endMs = performance.now() + REFUSED_MS;
    await until('it was seen for long enough', WAIT_MS_MAX, async () => {
      expect((await current()).status).not.toBe('failed');
      return performance.now() > endMs ? true : undefined;
    });
    expect((await current()).epoch - epoch).toBeLessThanOrEqual(STARTS_MAX);
  }

  it('waits, and says so, while its password is not accepted, and goes on with the new one', async () => {
    await admin.query(`ALTER ROLE CURRENT_USER PASSWORD 'second'`);
    await expectToWait(endsSessions, '28P01');

    await setConnection(instance, 'local', connectionWith({ password: 'second' }));
    await goesOn();
  });

  it('waits, and says so, while the name of its host means nothing, and goes on once it does', async () => {
    await setConnection(instance, 'local', connectionWith({ password: 'second', hostname: 'no-such-host.invalid' }));
    const runner = await instance.runnerOf(job.id);
    // A run keeps to the address that it began with.
    await expectToWait(() => Promise.resolve(kill(runner.pid, 'SIGKILL')), 'connection "local" failed');

    await setConnection(instance, 'local', connectionWith({ password: 'second' }));
    await goesOn();
  });

  it('has written every row once', async () => {
    await instance.tidemark.jobs.cancel(job.id);
    await instance.tidemark.jobs.waitFor(job.id, ({ status }) => status === 'cancelled', { timeoutMs: WAIT_MS_MAX });
    const { rows } = await admin.query<{ wrong: number; rows: number }>(
      'SELECT (max(value) + 1 - count(DISTINCT value) + count(*) - count(DISTINCT value))::integer AS wrong, count(*)::integer AS rows FROM numbers',
    );
    expect(rows[0]?.rows).toBeGreaterThan(0);
    expect(rows[0]?.wrong).toBe(0);
  });
});
