import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tidemark, type BundleUpload, type Job } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, root } from './instance.js';
import { bundleOf, placeOf } from './job-bundles.js';

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly at?: string;
  readonly problems?: readonly { readonly field: string; readonly problem: string }[];
}

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly problem: Problem;
  readonly headers: Headers;
}

interface Route {
  readonly method: string;
  readonly path: string;
}

describe('a service that is asked for something wrong', () => {
  let instance: Instance;
  let job: Job;
  let digest: string;
  let routes: readonly Route[];
  let strangerKey: string;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    routes = await documentedRoutes();
    job = await instance.tidemark.jobs.submit({ bundle: await bundleOf('good') });
    digest = (await instance.tidemark.jobs.revisions(job.id)).items[0]?.bundleDigest ?? '';
    const { tenants } = new Tidemark({ apiUrl: instance.apiUrl, apiKey: instance.adminKey });
    strangerKey = (await tenants.createApiKey((await tenants.ensure('stranger')).id, 'e2e')).key;
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  async function ask(
    { method, path }: Route,
    { key = instance.tenantKey, body }: { key?: string; body?: unknown } = {},
  ) {
    const response = await fetch(instance.apiUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const problem = JSON.parse((await response.text()) || '{}') as Problem;
    const { status, headers } = response;
    return { status, headers, type: headers.get('content-type'), problem } satisfies Answer;
  }

  /** How the service answers to a job of this bundle. It must be a refusal that leaves nothing behind. */
  async function refusalOf(bundle: BundleUpload): Promise<Problem> {
    const { status, type, problem } = await ask({ method: 'POST', path: '/v1/jobs' }, { body: { bundle } });
    expect([status, type]).toEqual([400, expect.stringContaining('application/problem+json')]);
    const names = (await instance.tidemark.jobs.list()).items.map(({ name }) => name);
    expect(names).toEqual(['good']);
    return problem;
  }

  describe('refuses a bundle and says what is wrong where in the source:', () => {
    it('that is no JavaScript', async () => {
      const { code, sourceMap } = await bundleOf('good');
      const problem = await refusalOf({ code: code.replace('value % 2 === 0', 'value % 2 === === 0'), sourceMap });
      const [file, line] = (await placeOf('good', 'value % 2')).split(':');
      expect(problem).toMatchObject({
        code: 'bundle_not_javascript',
        at: expect.stringContaining(`${file}:${line}:`) as string,
        detail: expect.stringContaining('Unexpected token') as string,
      });
    });

    it('that defines no job', async () => {
      expect(await refusalOf(await bundleOf('no-job'))).toMatchObject({
        code: 'bundle_defines_no_job',
        detail: expect.stringContaining('default export is an object instead of what defineJob(…) returns') as string,
      });
    });

    it('that throws while it defines its job', async () => {
      expect(await refusalOf(await bundleOf('throws-at-once'))).toMatchObject({
        code: 'bundle_threw',
        at: await placeOf('throws-at-once', 'new Error'),
        detail: expect.stringContaining('there is no rate') as string,
      });
    });

    it('whose graph has a cycle', async () => {
      expect(await refusalOf(await bundleOf('cycle'))).toMatchObject({
        code: 'graph_has_cycle',
        at: await placeOf('cycle', 'updateStateByKey'),
        detail: expect.stringContaining('counts → keyBy') as string,
      });
    });

    it('with two equal uids', async () => {
      const [firstAt, at] = await Promise.all([
        placeOf('same-uid-twice', "updateStateByKey('counts', (values, count"),
        placeOf('same-uid-twice', "updateStateByKey('counts', (values, sum"),
      ]);
      expect(await refusalOf(await bundleOf('same-uid-twice'))).toMatchObject({
        code: 'graph_uid_twice',
        uid: 'counts',
        firstAt,
        at,
      });
    });

    it('with a stateful operator that has no uid', async () => {
      expect(await refusalOf(await bundleOf('no-uid'))).toMatchObject({
        code: 'graph_uid_missing',
        kind: 'updateStateByKey',
        at: await placeOf('no-uid', 'updateStateByKey'),
      });
    });

    it('with a connector option that does not exist', async () => {
      expect(await refusalOf(await bundleOf('unknown-option'))).toMatchObject({
        code: 'connector_refused',
        at: await placeOf('unknown-option', 'source('),
        detail: expect.stringContaining('"flights": there is no option "compression"') as string,
      });
    });

    it('with a sink whose path leads out of the files folder', async () => {
      expect(await refusalOf(await bundleOf('escapes-by-path'))).toMatchObject({
        code: 'connector_refused',
        at: await placeOf('escapes-by-path', 'to('),
        detail: expect.stringContaining('"out": option "path"') as string,
      });
    });

    it('also when the bundle is minified', async () => {
      expect(await refusalOf(await bundleOf('no-uid', { minify: true }))).toMatchObject({
        at: await placeOf('no-uid', 'updateStateByKey'),
      });
    });
  });

  it('names every field of a body that is not valid', async () => {
    const body = {
      name: 'A Name',
      bundle: { code: 5, map: '{}' },
      config: { restorePolicy: 'hope', checkpointIntervalMs: 1.5, limits: { memoryMb: 1, cpuMsPerBatch: 'long' } },
      priority: 'high',
    };
    const { status, problem } = await ask({ method: 'POST', path: '/v1/jobs' }, { body });
    expect([status, problem.code]).toEqual([400, 'validation_failed']);
    const fields = new Set(problem.problems?.map(({ field }) => field));
    expect([...fields].sort()).toEqual([
      'bundle.code',
      'bundle.map',
      'config.checkpointIntervalMs',
      'config.limits.cpuMsPerBatch',
      'config.limits.memoryMb',
      'config.restorePolicy',
      'name',
      'priority',
    ]);
    for (const field of fields) expect(problem.detail).toContain(field);
  });

  it('says that a body is no JSON, and that one is missing', async () => {
    for (const body of ['{"bundle":', '']) {
      const { status, problem } = await ask({ method: 'POST', path: '/v1/jobs' }, { body });
      expect([status, problem.code]).toEqual([400, 'validation_failed']);
    }
  });

  it('answers 401 to a key that nobody has, on every route that takes a key', async () => {
    const keyed = routes.filter(({ path }) => !path.startsWith('/v1/health'));
    expect(keyed.length).toBeGreaterThan(15);
    for (const route of keyed) {
      const { status, type, problem } = await ask(filled(route, job.id, digest), { key: 'tdm_of_nobody' });
      expect([route, status, problem.code]).toEqual([route, 401, 'key_unknown']);
      expect(type).toContain('application/problem+json');
    }
  });

  it("answers 404 to another tenant's job and bundle, on every route that names one", async () => {
    const named = routes.filter(({ path }) => path.startsWith('/v1/jobs/{id}') || path.includes('{digest}'));
    expect(named.length).toBeGreaterThan(10);
    const before = await instance.tidemark.jobs.get(job.id);
    for (const route of named) {
      const body = await bodyFor(route);
      const { status, problem } = await ask(filled(route, job.id, digest), { key: strangerKey, body });
      expect([route, status, problem.code]).toEqual([route, 404, 'thing_not_found']);
    }
    const { version, desired, revision } = await instance.tidemark.jobs.get(job.id);
    expect({ version, desired, revision }).toEqual({ version: before.version, desired: 'running', revision: 1 });
  });

  it("neither lists another tenant's things nor lets them be used", async () => {
    const stranger = new Tidemark({ apiUrl: instance.apiUrl, apiKey: strangerKey });
    expect((await stranger.jobs.list()).items).toEqual([]);
    await expect(stranger.jobs.submit({ bundle: { digest } })).rejects.toMatchObject({
      status: 404,
      code: 'thing_not_found',
    });
    const own = await stranger.jobs.submit({ bundle: await bundleOf('good') });
    expect([own.name, own.id === job.id]).toEqual(['good', false]);
    await stranger.jobs.cancel(own.id);
  });

  it('lets a tenant create no tenants, and the admin no jobs', async () => {
    const tenant = await ask({ method: 'POST', path: '/v1/tenants' }, { body: { name: 'mine' } });
    expect([tenant.status, tenant.problem.code]).toEqual([403, 'key_not_allowed']);
    const admin = await ask({ method: 'GET', path: '/v1/jobs' }, { key: instance.adminKey });
    expect([admin.status, admin.problem.code]).toEqual([403, 'key_not_allowed']);
  });

  it('says so as a problem document where there is no such route or method', async () => {
    const unknown = await ask({ method: 'GET', path: '/v1/jbos' });
    expect(unknown).toMatchObject({ status: 404, problem: { code: 'route_not_found', instance: '/v1/jbos' } });
    expect(unknown.type).toContain('application/problem+json');

    const wrong = await ask({ method: 'PUT', path: `/v1/jobs/${job.id}` });
    expect(wrong).toMatchObject({ status: 405, problem: { code: 'method_not_allowed' } });
    expect(wrong.headers.get('allow')?.split(', ').sort()).toEqual(expect.arrayContaining(['DELETE', 'GET']));
  });
});

/** Every route that the published description names. */
async function documentedRoutes(): Promise<readonly Route[]> {
  const text = await readFile(join(root, 'openapi/api.v1.json'), 'utf8');
  const { paths } = JSON.parse(text) as { paths: { [path: string]: { [method: string]: unknown } } };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  );
}

const filled = ({ method, path }: Route, id: string, digest: string): Route => ({
  method,
  path: path.replace('{id}', id).replace('{digest}', digest),
});

/** What a route has to be sent before it looks at whose job it is. */
async function bodyFor({ method, path }: Route): Promise<object | undefined> {
  if (method === 'POST' && /\/(revisions|upgrade-plans)$/.test(path)) return { bundle: await bundleOf('good') };
  if (path.endsWith('/upgrade-decision')) return { answer: 'abandon' };
  if (method === 'POST' && path.endsWith('/savepoints')) return { label: 'mine' };
  if (method === 'POST' && /\/dead-letters\/(redrive|discard)$/.test(path)) return { all: {} };
  if (method === 'POST' && path.endsWith('/forks')) return { name: 'mine' };
  if (method === 'PATCH') return { offsets: [{ source: 'in', partition: 'a', offset: 0 }] };
  return undefined;
}
