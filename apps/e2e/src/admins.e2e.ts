import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Tidemark, type AuditEvent, type Job } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, root } from './instance.js';
import { bundleOf } from './job-bundles.js';

const WAIT_MS_MAX = 20_000;
const execute = promisify(execFile);

describe('an admin that acts for a tenant', () => {
  let instance: Instance;
  let dataHome: Awaited<ReturnType<typeof aHome>>;
  let owner: Tidemark;
  let admin: Tidemark;
  let job: Job;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    const connection = { apiUrl: instance.apiUrl, apiKey: instance.adminKey };
    const { tenants } = new Tidemark(connection);
    const { id } = await tenants.ensure('acme');
    owner = new Tidemark({ ...connection, apiKey: (await tenants.createApiKey(id, 'ci')).key });
    admin = new Tidemark({ ...connection, tenant: 'acme' });
    job = await owner.jobs.submit({ bundle: await bundleOf('steady') });
    await owner.jobs.waitFor(job.id, ({ lastBatch }) => lastBatch !== null, { timeoutMs: WAIT_MS_MAX });
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  /** Runs the command line with the admin's key. */
  async function tidemark(...args: readonly string[]): Promise<string> {
    const { PATH } = process.env;
    const env = { PATH, TIDEMARK_API_URL: instance.apiUrl, TIDEMARK_API_KEY: instance.adminKey };
    const { stdout } = await execute(process.execPath, [join(root, 'apps/cli/dist/main.js'), ...args], { env });
    return stdout.trimEnd();
  }

  it('stops its job, in whose events the admin stands, and finds all of it in the trail', async () => {
    expect(await tidemark('--tenant', 'acme', 'stop', job.name, '--wait')).toContain('is stopped');

    const trail: AuditEvent[] = [];
    for await (const event of owner.auditEvents.list({ job: job.id })) trail.push(event);
    expect(trail.map(({ operation, actorRole, status }) => [operation, actorRole, status]).slice(-2)).toEqual([
      ['stopJob', 'admin', 202],
      ['submitJob', 'tenant', 201],
    ]);
    const { items } = await owner.jobs.events(job.id, { limit: 100 });
    const actor = trail.find(({ operation }) => operation === 'stopJob')?.actor;
    expect(items.filter(({ data }) => data['actor'] === actor)).not.toEqual([]);
  });

  it('leaves a trail that both can read, that tells tenants apart, and that holds no key', async () => {
    const stranger = instance.tidemark;
    expect((await stranger.auditEvents.list({ job: job.id })).items).toEqual([]);
    await expect(stranger.jobs.get(job.id)).rejects.toMatchObject({ code: 'thing_not_found' });
    const elsewhere = new Tidemark({ apiUrl: instance.apiUrl, apiKey: instance.tenantKey, tenant: 'acme' });
    await expect(elsewhere.jobs.list()).rejects.toMatchObject({ status: 403, code: 'tenant_not_yours' });

    const made = (await admin.auditEvents.list({ operation: 'createApiKey' })).items;
    expect(made).toMatchObject([{ actorLabel: 'bootstrap', status: 201 }]);
    const shown = await tidemark('audit', '--limit', '1000', '--json');
    expect(shown).toContain('ensureTenant');
    for (const key of [instance.adminKey, instance.tenantKey]) expect(shown).not.toContain(key);
  });

  it('keeps the trail of a job that is deleted', async () => {
    await admin.jobs.cancel(job.id);
    await admin.jobs.waitFor(job.id, ({ status }) => status === 'cancelled', { timeoutMs: WAIT_MS_MAX });
    await admin.jobs.delete(job.id);

    await expect(owner.jobs.get(job.id)).rejects.toMatchObject({ code: 'thing_not_found' });
    expect(await tidemark('audit', '--job', job.id, '--operation', 'deleteJob')).toMatch(
      /bootstrap +admin +deleteJob +204/,
    );
  });
});
