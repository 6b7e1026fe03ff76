import { TidemarkError } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest, type Received, type Sent } from '../testing/api-under-test.js';

let api: ApiUnderTest;
beforeEach(async () => {
  api = await ApiUnderTest.start();
});
afterEach(async () => {
  await api.close();
});

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const forOne = { 'tidemark-tenant': 'one' };
const asAdmin = (sent: Sent = {}): Sent => ({ ...sent, key: api.adminKey });
const submit = async (name: string, sent: Sent = {}): Promise<string> => {
  const { body } = await api.send('POST', '/v1/jobs', { ...sent, body: { bundle: aBundle({ name }) } });
  return (body as { id: string }).id;
};
const itemsOf = ({ body }: Received): readonly { readonly [field: string]: unknown }[] =>
  (body as { items: { [field: string]: unknown }[] }).items;
const trail = async (query = '', sent: Sent = {}) => itemsOf(await api.send('GET', `/v1/audit-events${query}`, sent));

describe('the audit trail', () => {
  it('says who asked what, for whom, and what became of it', async () => {
    const traceparent = `00-${TRACE_ID}-b7ad6b7169203331-01`;
    const job = await submit('mine', asAdmin({ headers: { ...forOne, traceparent } }));

    expect(await trail()).toEqual([
      {
        ...{ id: expect.stringMatching(/^aud_[0-9a-f]{32}$/) as string, at: expect.any(String) as string },
        ...{ tenantId: api.tenantId, actor: api.adminKeyId, actorLabel: 'operations', actorRole: 'admin' },
        ...{ operation: 'submitJob', method: 'POST', path: '/v1/jobs', jobId: job, resultId: job, traceId: TRACE_ID },
        ...{ status: 201, errorCode: null, endedAt: expect.any(String) as string },
      },
    ]);
  });

  it('has every request of an admin for a tenant, also one that only reads', async () => {
    const job = await submit('mine');
    await api.send('GET', `/v1/jobs/${job}?secret=hidden`, asAdmin({ headers: forOne }));
    await api.send('GET', `/v1/tenants/${api.tenantId}/usage`, asAdmin());

    expect((await trail('?actor=operations')).map(({ operation, path, jobId }) => [operation, path, jobId])).toEqual([
      ['getTenantUsage', `/v1/tenants/${api.tenantId}/usage`, null],
      ['getJob', `/v1/jobs/${job}`, job],
    ]);
  });

  it('has what a tenant changes, and nothing of what it reads', async () => {
    const job = await submit('mine');
    await api.send('GET', `/v1/jobs/${job}`);
    await api.send('PUT', `/v1/jobs/${job}/retention`, { body: { checkpoints: 3 } });
    await api.send('POST', `/v1/jobs/${job}/cancel`);
    await api.send('DELETE', `/v1/jobs/${job}`);

    expect((await trail()).map(({ operation, status }) => [operation, status])).toEqual([
      ['deleteJob', 204],
      ['cancelJob', 202],
      ['setRetention', 200],
      ['submitJob', 201],
    ]);
  });

  it('has tenants and keys that an admin makes, under the tenant, and never the key itself', async () => {
    const tenant = await api.send('POST', '/v1/tenants', asAdmin({ body: { name: 'new' } }));
    const { id } = tenant.body as { id: string };
    const made = await api.send('POST', `/v1/tenants/${id}/api-keys`, asAdmin({ body: { label: 'ci' } }));
    const { id: keyId, key } = made.body as { id: string; key: string };

    const events = await trail('', asAdmin({ headers: { 'tidemark-tenant': 'new' } }));
    expect(events.slice(-2).map(({ operation, tenantId, resultId }) => [operation, tenantId, resultId])).toEqual([
      ['createApiKey', id, keyId],
      ['ensureTenant', id, id],
    ]);
    expect(JSON.stringify([events, api.trail.events])).not.toContain(key);
  });

  it.each([
    ['an error of the catalogue', new TidemarkError('bundle_threw', { reason: 'no', at: '1:1' }), 400, 'bundle_threw'],
    ['a fault of ours', new Error('connect ECONNREFUSED 10.0.0.7:5432'), 500, 'internal_fault'],
    ['one that is internal', new TidemarkError('object_missing', { path: 'x' }), 500, 'internal_fault'],
  ])('is written also when the handler fails with %s', async (_, thrown, status, errorCode) => {
    api.inspector.before = () => Promise.reject(thrown);

    expect((await api.send('POST', '/v1/bundles', { body: aBundle() })).status).toBe(status);
    expect(await trail()).toMatchObject([{ operation: 'uploadBundle', status, errorCode }]);
  });

  it.each([
    ['the request is not valid', '/v1/jobs', { body: { wrong: true } }, 400, 'validation_failed'],
    ['there is no such job', `/v1/jobs/job_${'0'.repeat(32)}/stop`, {}, 404, 'thing_not_found'],
    ['the id is none', '/v1/jobs/nonsense/stop', {}, 404, 'thing_not_found'],
  ])('says that nothing was done when %s', async (_, path, sent, status, errorCode) => {
    expect((await api.send('POST', path, sent)).status).toBe(status);
    expect(await trail()).toMatchObject([{ path, status, errorCode }]);
  });

  it('says that the precondition failed when the job had changed', async () => {
    const job = await submit('mine');
    await api.send('POST', `/v1/jobs/${job}/stop`, { headers: { 'if-match': '"9"' } });

    expect(await trail()).toMatchObject([{ status: 412, errorCode: 'job_changed_meanwhile' }, { status: 201 }]);
  });

  it('has the repetition of a request under its idempotency key as well', async () => {
    const order = { headers: { 'idempotency-key': 'once' } };
    const job = await submit('mine', order);
    await submit('mine', order);

    expect(await trail()).toMatchObject([{ resultId: job }, { resultId: job }]);
    expect(api.tenant.jobs).toHaveLength(1);
  });

  it('is written before anything is done', async () => {
    let seen: unknown;
    api.inspector.before = async () => {
      seen = api.trail.events.map(({ operation, outcome }) => [operation, outcome]);
    };
    await submit('mine');

    expect(seen).toEqual([['submitJob', undefined]]);
  });
});

describe('when the trail cannot be written', () => {
  it('nothing is done, by a tenant or for it, and the caller may try again', async () => {
    api.trail.beforeBegin = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:5432'));

    for (const sent of [{}, asAdmin({ headers: forOne })]) {
      const answer = await api.send('POST', '/v1/jobs', { ...sent, body: { bundle: aBundle() } });
      expect(answer).toMatchObject({ status: 503, body: { code: 'trail_unavailable', operation: 'submitJob' } });
      expect(JSON.stringify(answer.body)).not.toContain('10.0.0.7');
    }
    expect([api.tenant.jobs, api.inspector.inspected]).toEqual([[], []]);
    expect((await api.send('GET', '/v1/jobs', asAdmin({ headers: forOne }))).status).toBe(503);
  });

  it('a tenant can still read', async () => {
    api.trail.beforeBegin = () => Promise.reject(new Error('no'));

    expect((await api.send('GET', '/v1/jobs')).status).toBe(200);
  });

  it('no idempotency key is used up', async () => {
    const order = { headers: { 'idempotency-key': 'once' }, body: { bundle: aBundle() } };
    api.trail.beforeBegin = () => Promise.reject(new Error('no'));
    expect((await api.send('POST', '/v1/jobs', order)).status).toBe(503);

    api.trail.beforeBegin = () => Promise.resolve();
    expect(await api.send('POST', '/v1/jobs', order)).toMatchObject({ status: 201 });
  });

  it('what was done is answered, where only the outcome could not be written', async () => {
    api.trail.beforeEnd = () => Promise.reject(new Error('no'));

    expect((await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() } })).status).toBe(201);
    expect((await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() } })).status).toBe(409);
    expect(await trail()).toMatchObject([
      { status: null, endedAt: null },
      { status: null, endedAt: null },
    ]);
  });
});

describe('reading the trail', () => {
  it("shows a tenant its own, with what admins did there, and nothing of another's", async () => {
    const [own, others] = [await submit('a'), await submit('b', { key: api.otherKey })];
    await api.send('POST', `/v1/jobs/${others}/stop`, asAdmin({ headers: { 'tidemark-tenant': 'other' } }));

    expect((await trail()).map(({ jobId }) => jobId)).toEqual([own]);
    expect(await trail(`?job=${others}`)).toEqual([]);
    expect((await trail('', { key: api.otherKey })).map(({ actorRole }) => actorRole)).toEqual(['admin', 'tenant']);
  });

  it('shows an admin all of it, or that of the tenant that it names', async () => {
    const [first, second] = [await submit('a'), await submit('b', { key: api.otherKey })];

    expect((await trail('', asAdmin())).map(({ jobId }) => jobId)).toEqual([second, first]);
    expect(await trail('', asAdmin({ headers: forOne }))).toMatchObject([
      { operation: 'listAuditEvents' },
      { jobId: first },
    ]);
  });

  it('finds what was done to a job, also after it was deleted', async () => {
    const [job] = [await submit('a'), await submit('b')];
    await api.send('POST', `/v1/jobs/${job}/cancel`);
    await api.send('DELETE', `/v1/jobs/${job}`);

    expect((await trail(`?job=${job}`)).map(({ operation }) => operation)).toEqual([
      ...['deleteJob', 'cancelJob', 'submitJob'],
    ]);
    expect((await trail(`?job=${job}&operation=cancelJob`)).map(({ operation }) => operation)).toEqual(['cancelJob']);
  });

  it('finds what was done with a key, by its id or its label', async () => {
    await submit('a');
    await submit('b', asAdmin({ headers: forOne }));

    for (const actor of [api.adminKeyId, 'operations']) {
      expect((await trail(`?actor=${actor}`)).map(({ actorRole }) => actorRole)).toEqual(['admin']);
    }
  });

  it('goes page by page, newest first', async () => {
    const jobs = [await submit('a'), await submit('b'), await submit('c')];
    const first = await api.send('GET', '/v1/audit-events?limit=2');
    const { next } = first.body as { next: string };
    const second = await api.send('GET', `/v1/audit-events?limit=2&after=${next}`);

    expect([...itemsOf(first), ...itemsOf(second)].map(({ jobId }) => jobId)).toEqual(jobs.reverse());
    expect(second.body).toMatchObject({ next: null });
  });

  it.each(['job=nonsense', 'after=nonsense', 'limit=101', 'actor=', 'wrong=1'])('refuses %s', async (query) => {
    expect(await api.send('GET', `/v1/audit-events?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'validation_failed' },
    });
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('is all that can be done with it: %s is refused', async (method) => {
    await submit('a');
    const { id } = api.trail.events[0] ?? { id: '' };

    expect((await api.send(method, '/v1/audit-events', asAdmin())).status).toBe(405);
    expect((await api.send(method, `/v1/audit-events/${id}`, asAdmin())).status).toBe(404);
    expect(api.trail.events).toHaveLength(1);
  });
});
