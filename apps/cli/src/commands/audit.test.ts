import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../run-cli.js';

const JOB_ID = `job_${'a'.repeat(32)}`;
const EVENT = {
  id: 'aud_2',
  at: '2026-01-01T00:00:00.000Z',
  tenantId: 'tnt_1',
  actor: 'key_1',
  actorLabel: 'operations',
  actorRole: 'admin',
  operation: 'stopJob',
  method: 'POST',
  path: `/v1/jobs/${JOB_ID}/stop`,
  jobId: JOB_ID,
  resultId: null,
  traceId: null,
  status: 202,
  errorCode: null,
  endedAt: '2026-01-01T00:00:01.000Z',
};

let server: Server;
let asked: { readonly url: string; readonly tenant: unknown }[];
/** What the trail holds, newest first; two entries make a page. */
let events: object[];

beforeEach(async () => {
  asked = [];
  events = [EVENT];
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://here');
    asked.push({ url: request.url ?? '', tenant: request.headers['tidemark-tenant'] });
    const from = Number(searchParams.get('after') ?? 0);
    const items =
      pathname === '/v1/jobs'
        ? [{ id: JOB_ID, name: 'flights', status: 'running', revision: 1, lastBatch: null, currentRun: null }]
        : events.slice(from, from + 2);
    const next = pathname === '/v1/jobs' || from + 2 >= events.length ? null : String(from + 2);
    response.end(JSON.stringify({ items, next }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function run(args: readonly string[], env: { readonly [name: string]: string } = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const exitCode = await runCli(args, {
    cwd: '/',
    home: '/',
    clone: '/',
    env: { TIDEMARK_API_URL: apiUrl, TIDEMARK_API_KEY: 'a-secret-key', ...env },
    interrupted: new AbortController().signal,
    out: (line) => out.push(line),
    err: (line) => err.push(line),
  });
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}

describe('tidemark audit', () => {
  it('shows who asked what and what became of it, and no key', async () => {
    events.push({ ...EVENT, operation: 'deleteJob', status: 409, errorCode: 'job_needed' });
    events.push({ ...EVENT, operation: 'submitJob', resultId: JOB_ID, status: null, jobId: null });

    const { exitCode, out } = await run(['audit']);

    expect([exitCode, out]).toEqual([0, expect.not.stringContaining('a-secret-key')]);
    const rows = out.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows.map((row) => [row[1], row[3], row[4], row[5]])).toEqual([
      ['BY', 'OPERATION', 'ANSWER', 'JOB'],
      ['operations', 'stopJob', '202', JOB_ID],
      ['operations', 'deleteJob', '409 job_needed', JOB_ID],
      ['operations', 'submitJob', 'unknown', '-'],
    ]);
  });

  it('prints the entries as JSON for machines', async () => {
    expect(JSON.parse((await run(['audit', '--json'])).out)).toEqual([EVENT]);
  });

  it('says so when there is nothing', async () => {
    events = [];

    expect((await run(['audit'])).out).toBe('Nothing was asked.');
  });

  it('takes the id of a job as it is, because the job may have been deleted', async () => {
    await run(['audit', '--job', JOB_ID, '--actor', 'operations', '--operation', 'stopJob', '--limit', '5']);

    expect(asked.map(({ url }) => url)).toEqual([
      `/v1/audit-events?job=${JOB_ID}&actor=operations&operation=stopJob&limit=5`,
    ]);
  });

  it('finds a job by its name', async () => {
    await run(['audit', '--job', 'flights']);

    expect(asked.at(-1)?.url).toContain(`job=${JOB_ID}`);
  });

  it('shows as many as were asked for, over several pages', async () => {
    events = Array.from({ length: 9 }, (_, index) => ({ ...EVENT, id: `aud_${index}` }));

    const { out } = await run(['audit', '--json', '--limit', '5']);
    expect((JSON.parse(out) as { id: string }[]).map(({ id }) => id)).toEqual(
      [0, 1, 2, 3, 4].map((index) => `aud_${index}`),
    );
  });
});

describe('the tenant to act for', () => {
  it.each([
    ['none, where none is named', [], {}, undefined],
    ['what --tenant names', ['--tenant', 'acme'], { TIDEMARK_TENANT: 'other' }, 'acme'],
    ['what TIDEMARK_TENANT names', [], { TIDEMARK_TENANT: 'acme' }, 'acme'],
    ['none, where TIDEMARK_TENANT is empty', [], { TIDEMARK_TENANT: '' }, undefined],
  ])('is %s', async (_, args, env, tenant) => {
    expect((await run([...args, 'list'], env)).exitCode).toBe(0);

    expect(asked.map((one) => one.tenant)).toEqual([tenant]);
  });

  it('is not nobody by mistake', async () => {
    expect(await run(['list', '--tenant', ''])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('--tenant is empty') as string,
    });
    expect(asked).toEqual([]);
  });
});
