import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest, STREAMS_PER_KEY, type Received, type Sent } from '../testing/api-under-test.js';

let api: ApiUnderTest;
beforeEach(async () => {
  api = await ApiUnderTest.start();
});
afterEach(async () => {
  await api.close();
});

/** Sends a request with the admin's key, for a tenant. */
const asAdmin = (
  method: string,
  path: string,
  { tenant = 'one', headers, ...sent }: Sent & { readonly tenant?: string } = {},
): Promise<Received> =>
  api.send(method, path, { ...sent, key: api.adminKey, headers: { ...headers, 'tidemark-tenant': tenant } });

const idIn = ({ body }: Received): string => (body as { id: string }).id;

describe('an admin that names a tenant', () => {
  it('works with the things of that tenant, by its name and by its id', async () => {
    const job = idIn(await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() } }));

    for (const tenant of ['one', api.tenantId]) {
      expect(await asAdmin('GET', `/v1/jobs/${job}`, { tenant })).toMatchObject({ status: 200, body: { id: job } });
    }
    expect((await asAdmin('GET', `/v1/jobs/${job}`, { tenant: 'other' })).status).toBe(404);
    expect((await asAdmin('POST', `/v1/jobs/${job}/stop`)).status).toBe(202);
    expect(api.tenant.jobs).toMatchObject([{ id: job, desired: 'stopped' }]);
  });

  it("makes things that are the tenant's, and is named as the one who made them", async () => {
    const job = idIn(await asAdmin('POST', '/v1/jobs', { body: { bundle: aBundle() } }));
    const plan = await asAdmin('POST', `/v1/jobs/${job}/upgrade-plans`, { body: { bundle: aBundle() } });

    expect((await api.send('GET', `/v1/jobs/${job}`)).status).toBe(200);
    expect((await api.send('GET', `/v1/jobs/${job}`, { key: api.otherKey })).status).toBe(404);
    expect([plan.status, api.tenant.plans.map(({ actor }) => actor)]).toEqual([201, [api.adminKeyId]]);
  });

  it('shares the idempotency keys of that tenant, and of no other', async () => {
    const order = { body: { bundle: aBundle() }, headers: { 'idempotency-key': 'once' } };
    const first = await asAdmin('POST', '/v1/jobs', order);

    expect(await asAdmin('POST', '/v1/jobs', order)).toMatchObject({ status: 201, body: first.body });
    expect(await api.send('POST', '/v1/jobs', order)).toMatchObject({ status: 201, body: first.body });
    expect(idIn(await asAdmin('POST', '/v1/jobs', { ...order, tenant: 'other' }))).not.toBe(idIn(first));
  });

  it('is bounded as every key is, whichever tenants it names', async () => {
    const url = await api.listen();
    const streams: Response[] = [];
    const open = async (tenant: string): Promise<Response> => {
      const job = idIn(
        await asAdmin('POST', '/v1/jobs', { tenant, body: { bundle: aBundle({ name: `job-${streams.length}` }) } }),
      );
      const headers = {
        authorization: `Bearer ${api.adminKey}`,
        'tidemark-tenant': tenant,
        accept: 'text/event-stream',
      };
      const response = await fetch(`${url}/v1/jobs/${job}/events`, { headers });
      streams.push(response);
      return response;
    };
    for (let opened = 0; opened < STREAMS_PER_KEY; opened += 1) expect((await open('one')).status).toBe(200);

    expect((await open('other')).status).toBe(429);
    for (const { body } of streams) await body?.cancel();
    expect(api.trail.events.at(-1)).toMatchObject({ operation: 'listEvents', outcome: { status: 429 } });
    expect(api.trail.events.filter(({ outcome }) => outcome?.status === 200)).toHaveLength(STREAMS_PER_KEY);
  });

  it('is told to name one where it has not', async () => {
    const { status, body } = await api.send('GET', '/v1/jobs', { key: api.adminKey });

    expect([status, body]).toMatchObject([403, { detail: expect.stringContaining('"Tidemark-Tenant"') as string }]);
  });

  it('goes on to see of runners what admins see', async () => {
    api.runners.runners.push({
      ...{ id: api.ids.next('runner'), status: 'alive', slots: 1, runs: 0, host: 'a-host', pid: 1, sandbox: {} },
      ...{ startedAt: new Date(0), heartbeatAt: new Date(0) },
    });

    expect((await asAdmin('GET', '/v1/runners')).body).toMatchObject({ items: [{ host: 'a-host' }] });
  });
});

describe("a tenant's key", () => {
  it('may name its own tenant', async () => {
    for (const tenant of ['one', api.tenantId]) {
      expect((await api.send('GET', '/v1/jobs', { headers: { 'tidemark-tenant': tenant } })).status).toBe(200);
    }
  });
});
