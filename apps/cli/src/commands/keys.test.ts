import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../run-cli.js';

const CREATED = '2026-01-01T00:00:00.000Z';
const TENANT = { id: `tnt_${'a'.repeat(32)}`, name: 'acme', createdAt: CREATED };
const KEY = { id: 'key_1', role: 'tenant', label: 'ci', createdAt: CREATED, revokedAt: null };
const REVOKED = { ...KEY, revokedAt: '2026-01-02T00:00:00.000Z' };
const NEW = { id: 'key_2', key: 'tdm_secret', label: 'ci' };
const KEYS = `/v1/tenants/${TENANT.id}/api-keys`;

const list = (...items: object[]): object => ({ items, next: null });

let server: Server;
let asked: { readonly route: string; readonly tenant: unknown; readonly body: unknown }[];
let answers: { [route: string]: object };

beforeEach(async () => {
  asked = [];
  answers = {
    'GET /v1/tenants': list({ ...TENANT, id: `tnt_${'b'.repeat(32)}`, name: 'other' }, TENANT),
    'POST /v1/tenants': TENANT,
    [`GET ${KEYS}`]: list(KEY, REVOKED),
    [`POST ${KEYS}`]: NEW,
    [`DELETE ${KEYS}/key_1`]: REVOKED,
    'GET /v1/admin-keys': list({ ...KEY, role: 'admin', label: 'bootstrap' }),
    'DELETE /v1/admin-keys/key_1': { ...REVOKED, role: 'admin', label: 'bootstrap' },
  };
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const route = `${request.method} ${(request.url ?? '').split('?')[0] ?? ''}`;
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      asked.push({ route, tenant: request.headers['tidemark-tenant'], body });
      response.end(JSON.stringify(answers[route]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function run(...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const exitCode = await runCli(args, {
    ...{ cwd: '/', home: '/', clone: '/' },
    env: { TIDEMARK_API_URL: apiUrl, TIDEMARK_API_KEY: 'an-admin-key' },
    interrupted: new AbortController().signal,
    out: (line) => out.push(line),
    err: (line) => err.push(line),
  });
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}

const cells = (out: string): readonly (readonly string[])[] => out.split('\n').map((line) => line.split(/ {2,}/));
const routes = (): readonly string[] => asked.map(({ route }) => route);

describe('tidemark keys', () => {
  it('lists those of the tenant that is named, by its name or by its id', async () => {
    const { exitCode, out } = await run('keys', 'list', '--tenant', 'acme');

    expect([exitCode, cells(out)]).toEqual([
      0,
      [
        ['KEY', 'ROLE', 'LABEL', 'CREATED', 'REVOKED'],
        ['key_1', 'tenant', 'ci', CREATED, '-'],
        ['key_1', 'tenant', 'ci', CREATED, REVOKED.revokedAt],
      ],
    ]);
    await run('keys', 'list', '--tenant', TENANT.id);
    expect(routes()).toEqual(['GET /v1/tenants', `GET ${KEYS}`, `GET ${KEYS}`]);
    expect(asked.map(({ tenant }) => tenant)).toEqual([undefined, undefined, undefined]);
  });

  it('lists and revokes those of admins where no tenant is named', async () => {
    expect((await run('keys', 'list')).out).toContain('bootstrap');
    expect(await run('keys', 'revoke', 'key_1')).toMatchObject({ exitCode: 0 });

    expect(routes()).toEqual(['GET /v1/admin-keys', 'DELETE /v1/admin-keys/key_1']);
  });

  it('makes one and shows it, with a warning that this is the only time', async () => {
    const { out } = await run('keys', 'create', 'ci', '--tenant', 'acme');

    expect(out).toMatch(/id +key_2\nlabel +ci\nkey +tdm_secret\n.*never again/);
    expect(asked.at(-1)).toMatchObject({ route: `POST ${KEYS}`, body: { label: 'ci' } });
  });

  it('makes none of an admin', async () => {
    expect(await run('keys', 'create', 'ci')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('--tenant') as string,
    });
    expect(asked).toEqual([]);
  });

  it('revokes one of a tenant', async () => {
    expect(await run('keys', 'revoke', 'key_1', '--tenant', 'acme')).toMatchObject({
      exitCode: 0,
      out: `revoked key_1 ("ci") at ${REVOKED.revokedAt}`,
    });
    expect(asked.at(-1)?.route).toBe(`DELETE ${KEYS}/key_1`);
  });

  it('does nothing for a tenant that there is not', async () => {
    expect(await run('keys', 'revoke', 'key_1', '--tenant', 'nobody')).toMatchObject({
      exitCode: 1,
      err: 'There is no tenant named "nobody".',
    });
    expect(routes()).toEqual(['GET /v1/tenants']);
  });

  it.each([
    [['keys', 'list', '--tenant', 'acme'], { items: [KEY, REVOKED] }],
    [['keys', 'create', 'ci', '--tenant', 'acme'], NEW],
    [['keys', 'revoke', 'key_1', '--tenant', 'acme'], REVOKED],
    [['tenants', 'create', 'acme'], TENANT],
  ])('prints JSON for machines: %j', async (args, json) => {
    expect(JSON.parse((await run(...args, '--json')).out)).toEqual(json);
  });
});

describe('tidemark tenants', () => {
  it('lists tenants with their ids', async () => {
    const { out } = await run('tenants', 'list');

    expect(cells(out).map(([id, name]) => [id, name])).toEqual([
      ['TENANT', 'NAME'],
      [`tnt_${'b'.repeat(32)}`, 'other'],
      [TENANT.id, 'acme'],
    ]);
  });

  it('makes one and prints its id', async () => {
    expect((await run('tenants', 'create', 'acme')).out).toBe(TENANT.id);
    expect(asked).toMatchObject([{ route: 'POST /v1/tenants', body: { name: 'acme' } }]);
  });

  it('says so when there is nothing', async () => {
    answers['GET /v1/tenants'] = list();
    answers['GET /v1/admin-keys'] = list();

    expect([(await run('tenants', 'list')).out, (await run('keys', 'list')).out]).toEqual(['No tenants.', 'No keys.']);
  });
});
