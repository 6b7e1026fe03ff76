import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest, type Received, type Sent } from '../testing/api-under-test.js';
import { openApiDocument } from './openapi.js';

interface Route {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly open: boolean;
  readonly statuses: readonly string[];
}

const routes = await documentedRoutes();
const guarded = routes.filter(({ open }) => !open);
const isAdmins = ({ path }: Route): boolean => /^\/v1\/(tenants|admin-keys)(\/|$)/.test(path);
const named = (list: readonly Route[]): [string, Route][] =>
  list.map((route) => [`${route.method} ${route.path}`, route]);

let api: ApiUnderTest;
let ids: { readonly id: string; readonly digest: string; readonly checkpointId: string };
beforeAll(async () => {
  api = await ApiUnderTest.start();
  const job = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() } });
  const bundle = api.tenant.bundles[0];
  ids = { id: (job.body as { id: string }).id, digest: bundle?.digest ?? '', checkpointId: api.ids.next('checkpoint') };
});
afterAll(async () => {
  await api.close();
});

describe('every route', () => {
  it('is in the document, health alone without a key', () => {
    expect(routes.length).toBeGreaterThan(20);
    expect(routes.filter(({ open }) => open).map(({ operationId }) => operationId)).toEqual([
      'getHealth',
      'getLiveness',
    ]);
  });

  it.each(named(guarded))('%s refuses a request without a key', async (_, route) => {
    const answer = await send(route, { key: undefined });

    expect(answer).toMatchObject({ status: 401, body: { code: 'key_unknown' } });
    expect(answer.headers['www-authenticate']).toContain('Bearer');
  });

  it.each(named(guarded))('%s refuses an unknown key', async (_, route) => {
    expect(await send(route, { key: 'nobody' })).toMatchObject({ status: 401, body: { code: 'key_unknown' } });
  });

  const ofATenant = guarded.filter(
    (route) => !isAdmins(route) && route.operationId !== 'listRunners' && route.operationId !== 'listAuditEvents',
  );
  it.each(named(ofATenant))("%s refuses an admin's key", async (_, route) => {
    expect(await send(route, { key: api.adminKey })).toMatchObject({
      status: 403,
      body: { code: 'key_not_allowed', needs: 'tenant' },
    });
  });

  const takesATenant = guarded.filter((route) => !isAdmins(route));
  it.each(named(takesATenant))("%s refuses an admin's key that names a tenant that there is not", async (_, route) => {
    for (const tenant of ['nobody', '', 'One', api.ids.next('tenant')]) {
      expect(await send(route, { key: api.adminKey, headers: { 'tidemark-tenant': tenant } })).toMatchObject({
        status: 404,
        body: { code: 'thing_not_found', thing: 'tenant', id: tenant },
      });
    }
  });

  it.each(named(takesATenant))("%s refuses a tenant's key that names another tenant", async (_, route) => {
    for (const tenant of ['other', api.otherTenantId, 'nobody']) {
      expect(await send(route, { headers: { 'tidemark-tenant': tenant } })).toMatchObject({
        status: 403,
        body: { code: 'tenant_not_yours', tenant },
      });
    }
  });

  const ofAnAdmin = guarded.filter(isAdmins);
  it.each(named(ofAnAdmin))("%s refuses a tenant's key", async (_, route) => {
    expect(await send(route)).toMatchObject({ status: 403, body: { code: 'key_not_allowed', needs: 'admin' } });
  });

  it.each(named(ofAnAdmin))('%s is for no tenant, so that an admin can name none', async (_, route) => {
    const trail = api.trail.events.length;

    expect(await send(route, { key: api.adminKey, headers: { 'tidemark-tenant': 'one' } })).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', problems: [{ field: 'Tidemark-Tenant' }] },
    });
    expect(api.trail.events).toHaveLength(trail);
  });

  const ofOneThing = ofATenant.filter(({ path }) => path.includes('{'));
  it.each(named(ofOneThing))("%s answers 404 for another tenant's id and changes nothing", async (_, route) => {
    const before = structuredClone(api.tenant.jobs);

    expect(await send(route, { key: api.otherKey })).toMatchObject({ status: 404, body: { code: 'thing_not_found' } });
    expect(api.tenant.jobs).toEqual(before);
  });

  it.each(named(ofOneThing))('%s answers 404 for an id that is none', async (_, route) => {
    const path = route.path.replace(/\{\w+\}/, "'%20OR%201=1");

    expect(await api.send(route.method, path, bodyOf(route))).toMatchObject({
      status: 404,
      body: { code: 'thing_not_found' },
    });
  });

  const lists = ofATenant.filter(({ operationId }) => operationId.startsWith('list'));
  it.each(named(lists))("%s shows nothing of another tenant's", async (_, route) => {
    const answer = await send(route, { key: api.otherKey });

    expect(answer.body).not.toMatchObject({ items: [expect.anything()] });
  });

  it.each(named(routes))('%s answers with a status that the document names', async (_, route) => {
    const answers = [
      await send(route),
      await send(route, { key: api.adminKey, headers: { 'tidemark-tenant': 'one' } }),
      await send(route, { key: undefined }),
      await send(route, { body: { wrong: true } }),
    ];

    for (const { status } of answers) expect(route.statuses).toContain(String(status));
  });
});

describe('the header that names a tenant', () => {
  it('is written once in the document, and named by every route that takes it', async () => {
    const { paths, components } = await openApiDocument();
    const taking = Object.values(paths)
      .flatMap((path) => Object.values(path) as { parameters: { $ref?: string }[]; operationId: string }[])
      .filter(({ parameters }) => parameters.some(({ $ref }) => $ref === '#/components/parameters/TidemarkTenant'));

    expect(components?.parameters).toMatchObject({ TidemarkTenant: { name: 'Tidemark-Tenant', in: 'header' } });
    expect(taking.map(({ operationId }) => operationId).sort()).toEqual(
      guarded
        .filter((route) => !isAdmins(route))
        .map(({ operationId }) => operationId)
        .sort(),
    );
  });
});

describe('a path that does not exist', () => {
  it.each(['/', '/v1', '/v1/nothing', '/v1/jobs/', '/V1/jobs', '/v2/jobs', '//v1/jobs'])(
    'is answered with 404: %s',
    async (path) => {
      expect(await api.send('GET', path)).toMatchObject({ status: 404, body: { code: 'route_not_found' } });
    },
  );

  it('is a wrong method when the path itself exists', async () => {
    const answer = await api.send('PUT', '/v1/jobs');

    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed', allowed: ['POST', 'GET'] } });
    expect(answer.headers['allow']).toBe('POST, GET');
  });

  it('is no way around the guard when it is encoded', async () => {
    expect((await api.send('GET', '/v1/%6aobs', { key: undefined })).status).toBe(401);
  });
});

describe('every answer', () => {
  it('forbids what a browser might do with it', async () => {
    for (const { headers } of [await api.send('GET', '/v1/jobs'), await api.send('GET', '/nothing')]) {
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });
});

function send(route: Route, sent: Sent = {}): Promise<Received> {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => idNamed(name));
  return api.send(route.method, `${path}${QUERIES[route.operationId] ?? ''}`, { ...bodyOf(route), ...sent });
}

function idNamed(name: string): string {
  if (name === 'digest') return ids.digest;
  return name === 'id' ? ids.id : ids.checkpointId;
}

/** What a route cannot do without. */
const QUERIES: { readonly [operation: string]: string } = {
  listState: '?operator=totals',
  listDifferences: '?operator=totals',
};

function bodyOf({ operationId }: Route): Sent {
  const bodies: { readonly [operation: string]: object } = {
    requestSavepoint: { label: 'before the sale' },
    forkJob: { name: 'fork' },
    redriveDeadLetters: { all: {} },
    discardDeadLetters: { all: {} },
    rollBack: { checkpointId: ids.checkpointId },
    uploadBundle: aBundle(),
    submitJob: { bundle: aBundle() },
    deployRevision: { bundle: aBundle() },
    planUpgrade: { bundle: aBundle() },
    decideUpgrade: { answer: 'abandon' },
    ensureTenant: { name: 'new' },
    createApiKey: { label: 'new' },
    setOffsets: { offsets: [{ source: 'in', partition: '0', offset: 0 }] },
    setRetention: { checkpoints: 3 },
    setTenantRetention: { checkpoints: 3 },
  };
  const body = bodies[operationId];
  return body === undefined ? {} : { body };
}

async function documentedRoutes(): Promise<readonly Route[]> {
  const { paths } = await openApiDocument();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as { [method: string]: { operationId: string; security?: unknown; responses: object } }).map(
      ([method, { operationId, security, responses }]) => ({
        method: method.toUpperCase(),
        path,
        operationId,
        open: security === undefined,
        statuses: Object.keys(responses),
      }),
    ),
  );
}
