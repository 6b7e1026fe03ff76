import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Tidemark, type ApiKey, type NewApiKey } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, root } from './instance.js';
import { bundleOf } from './job-bundles.js';

const STREAM_ENDS_MS_MAX = 5_000;
const REFUSED = { status: 401, code: 'key_unknown' };
const execute = promisify(execFile);

describe('a key that an admin takes back', () => {
  let instance: Instance;
  let dataHome: Awaited<ReturnType<typeof aHome>>;
  let made: NewApiKey;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    await asAdmin('tenants', 'create', 'acme');
    made = (await asAdmin('keys', 'create', 'ci', '--tenant', 'acme')) as NewApiKey;
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  /** Runs the command line with the admin's key, for machines. */
  async function asAdmin(...args: readonly string[]): Promise<unknown> {
    const { PATH } = process.env;
    const env = { PATH, TIDEMARK_API_URL: instance.apiUrl, TIDEMARK_API_KEY: instance.adminKey };
    const command = [join(root, 'apps/cli/dist/main.js'), ...args, '--json'];
    const { stdout } = await execute(process.execPath, command, { env });
    return JSON.parse(stdout);
  }

  const keysOf = async (tenant: string): Promise<readonly ApiKey[]> =>
    ((await asAdmin('keys', 'list', '--tenant', tenant)) as { items: ApiKey[] }).items;

  it('is refused at its next request, and loses its event stream, while the job goes on', async () => {
    const owner = new Tidemark({ apiUrl: instance.apiUrl, apiKey: made.key });
    const { id } = await owner.jobs.submit({ bundle: await bundleOf('steady') });
    const response = await fetch(`${instance.apiUrl}/v1/jobs/${id}/events`, {
      headers: { authorization: `Bearer ${made.key}`, accept: 'text/event-stream' },
    });
    const watching = endOfWatching(owner, id);
    const batchesBefore = await newestBatch(id);

    await asAdmin('keys', 'revoke', made.id, '--tenant', 'acme');
    const revokedMs = performance.now();
    await expect(owner.jobs.list()).rejects.toMatchObject(REFUSED);
    // Reads until the service ends the answer.
    await response.text();
    expect(performance.now() - revokedMs).toBeLessThan(STREAM_ENDS_MS_MAX);
    expect(await watching).toMatchObject(REFUSED);
    await expect.poll(() => newestBatch(id), { timeout: 20_000 }).toBeGreaterThan(batchesBefore);
  });

  it('is not brought back by a restart, and neither is one of the bootstrap file', async () => {
    const [bootstrap] = await keysOf('local');
    expect(await instance.tidemark.jobs.list()).toMatchObject({ items: [] });
    await asAdmin('keys', 'revoke', bootstrap?.id ?? '', '--tenant', 'local');
    await instance.stop();
    instance = await Instance.start(dataHome.home);

    for (const apiKey of [made.key, instance.tenantKey]) {
      await expect(new Tidemark({ apiUrl: instance.apiUrl, apiKey }).jobs.list()).rejects.toMatchObject(REFUSED);
    }
    expect([...(await keysOf('acme')), ...(await keysOf('local'))]).toMatchObject([
      { id: made.id, label: 'ci', revokedAt: expect.any(String) as string },
      { id: bootstrap?.id, label: 'bootstrap', revokedAt: expect.any(String) as string },
    ]);
  });

  /** Follows the events of a job over any number of connections, and answers with what ends that. */
  async function endOfWatching(client: Tidemark, jobId: string): Promise<unknown> {
    const events = client.jobs.watch(jobId);
    try {
      while ((await events.next()).done !== true);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  async function newestBatch(jobId: string): Promise<number> {
    const admin = new Tidemark({ apiUrl: instance.apiUrl, apiKey: instance.adminKey, tenant: 'acme' });
    return (await admin.jobs.get(jobId)).lastBatch?.batchId ?? 0;
  }
});
