import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.js';
import type { ExitCode } from './terminal.js';

const JOB = {
  id: `job_${'a'.repeat(32)}`,
  name: 'flights',
  desired: 'running',
  status: 'running',
  statusSince: '2026-01-01T00:00:00.000Z',
  reason: null,
  revision: 1,
  epoch: 2,
  timeline: 1,
  currentRun: { id: 'run_1', runnerId: 'rnr_1', epoch: 2 },
  lastBatch: { timeline: 1, batchId: 9, batchTime: '', committedAt: '2026-01-01T00:00:05.000Z', offsets: {} },
  upgrade: null,
  warnings: [],
  version: 3,
  createdAt: '2026-01-01T00:00:00.000Z',
};

const UNDONE = {
  ...{ seq: '7', at: '2026-01-01T00:00:03.000Z', type: 'revision.rolled_back' },
  data: { from: 2, to: 1, checkpointId: 'ckp_1', reason: 'bad code:\n it threw' },
};

type Route = (body: unknown) => { readonly status: number; readonly body?: unknown };

let folder: string;
let server: Server;
let routes: { [route: string]: Route };
let asked: { readonly route: string; readonly body: unknown; readonly key: string | undefined }[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
  routes = {};
  asked = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const route = `${request.method} ${(request.url ?? '').split('?')[0] ?? ''}`;
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      asked.push({ route, body, key: request.headers.authorization });
      const answer = routes[route]?.(body) ?? problem(404, 'route_not_found', `There is no ${route}.`);
      response.writeHead(answer.status).end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const apiUrl = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const problem = (status: number, code: string, detail: string): ReturnType<Route> => ({
  status,
  body: { type: '', title: '', status, code, detail, instance: '' },
});

const ok =
  (body: unknown): Route =>
  () => ({ status: 200, body });

interface Ran {
  readonly exitCode: ExitCode;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], env?: { readonly [name: string]: string }): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await runCli(args, {
    cwd: folder,
    home: join(folder, 'home'),
    clone: join(folder, 'clone'),
    env: env ?? { TIDEMARK_API_URL: apiUrl(), TIDEMARK_API_KEY: 'a-key' },
    interrupted: new AbortController().signal,
    out: (line) => out.push(line),
    err: (line) => err.push(line),
  });
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

describe('tidemark build', () => {
  it('writes the bundle and its map', async () => {
    await write('package.json', '{}');
    await write('src/job.ts', 'export default 1 as number;');

    expect(await run(['build', 'src/job.ts'])).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^dist\/job\.js {2}\d+ bytes$/) as string,
    });
    expect(await readFile(join(folder, 'dist/job.js'), 'utf8')).toContain('var tidemarkJob');
    expect(JSON.parse(await readFile(join(folder, 'dist/job.js.map'), 'utf8'))).toMatchObject({
      sources: ['src/job.ts'],
    });
  });

  it('names every place that does not compile and ends with 1', async () => {
    await write('package.json', '{}');
    await write('job.ts', `import 'node:fs';\nexport default (;`);

    expect(await run(['build', 'job.ts'])).toMatchObject({
      exitCode: 1,
      out: '',
      err: expect.stringContaining('job.ts:2:') as string,
    });
  });
});

describe('tidemark submit', () => {
  beforeEach(async () => {
    await write('package.json', '{}');
    await write('job.ts', 'export default 1;');
    routes['POST /v1/jobs'] = () => ({ status: 201, body: { ...JOB, status: 'submitted', lastBatch: null } });
  });

  it('bundles a source, submits it and prints the id', async () => {
    const { exitCode, out } = await run(['submit', 'job.ts', '--name', 'mine', '--memory-mb', '64']);

    expect([exitCode, out]).toEqual([0, JOB.id]);
    expect(asked).toMatchObject([
      {
        key: 'Bearer a-key',
        body: {
          name: 'mine',
          bundle: { code: expect.stringContaining('tidemarkJob') as string, sourceMap: expect.any(String) as string },
          config: { limits: { memoryMb: 64 } },
        },
      },
    ]);
  });

  it('says what the revision is held to', async () => {
    await run(['submit', 'job.ts', '--health-batches', '0', '--health-slowdown', '1.5', '--health-skipped', '0']);

    expect(asked).toMatchObject([{ body: { config: { health: { batches: 0, slowdown: 1.5, skipped: 0 } } } }]);
    expect(await run(['submit', 'job.ts', '--health-growth', 'much'])).toMatchObject({
      exitCode: 1,
      err: '"much" is not a number.',
    });
  });

  it('takes a bundle as it is, with the map beside it', async () => {
    await write('job.js', 'var tidemarkJob;');
    await write('job.js.map', '{}');

    await run(['submit', 'job.js']);

    expect(asked).toMatchObject([{ body: { bundle: { code: 'var tidemarkJob;', sourceMap: '{}' } } }]);
  });

  it('waits for the first batch when asked and says where it ran', async () => {
    routes[`GET /v1/jobs/${JOB.id}`] = ok(JOB);

    expect((await run(['submit', 'job.ts', '--wait'])).out).toBe(`${JOB.id}\nbatch 9 committed on rnr_1`);
  });

  it('ends with 1 and the reason when the job fails before its first batch', async () => {
    const reason = { code: 'source_missing', message: 'There is no such folder.' };
    routes[`GET /v1/jobs/${JOB.id}`] = ok({ ...JOB, status: 'failed', lastBatch: null, reason });

    expect(await run(['submit', 'job.ts', '--wait', '5'])).toMatchObject({
      exitCode: 1,
      err: `Job ${JOB.id} is failed: There is no such folder.`,
    });
  });

  it("ends with 1 and the service's sentence when the service refuses", async () => {
    routes['POST /v1/jobs'] = () => problem(400, 'graph_uid_missing', 'A source needs a uid.');

    expect(await run(['submit', 'job.ts'])).toMatchObject({ exitCode: 1, err: 'A source needs a uid.' });
  });

  it('ends with 2 when the service fails', async () => {
    routes['POST /v1/jobs'] = () => problem(500, 'internal_fault', 'Something went wrong on our side.');

    expect(await run(['submit', 'job.ts'])).toMatchObject({ exitCode: 2, err: 'Something went wrong on our side.' });
  });
});

describe('commands that look at a job', () => {
  it('find it by its name', async () => {
    routes['GET /v1/jobs'] = ok({ items: [{ ...JOB, id: 'job_other', name: 'other' }, JOB], next: null });
    routes[`GET /v1/jobs/${JOB.id}/events`] = ok({ items: [], next: null });

    const { exitCode, out } = await run(['status', 'flights']);

    expect(exitCode).toBe(0);
    expect(out.split('\n')).toContain('last batch  9, committed 2026-01-01T00:00:05.000Z');
  });

  it('say in one line that a revision was undone, until a newer one has come', async () => {
    const path = `GET /v1/jobs/${JOB.id}`;
    routes[path] = ok(JOB);
    routes[`${path}/events`] = ok({ items: [UNDONE], next: null });
    const line = 'undone      revision 2 at 2026-01-01T00:00:03.000Z, for revision 1: bad code: it threw';
    expect((await run(['status', JOB.id])).out.split('\n')).toContain(line);

    routes[path] = ok({ ...JOB, revision: 3 });
    expect((await run(['status', JOB.id])).out).not.toContain('undone');
  });

  it('say that a revision waits for a decision, and what stands in its way', async () => {
    const objections = ['"totals" was a fold and is now a process', 'its key is another one'];
    routes[`GET /v1/jobs/${JOB.id}`] = ok({ ...JOB, upgrade: { revision: 2, objections } });
    routes[`GET /v1/jobs/${JOB.id}/events`] = ok({ items: [], next: null });

    const lines = (await run(['status', JOB.id])).out.split('\n');

    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^waiting .*revision 2 waits for a decision: tidemark decide flights reset, or: .* abandon$/,
        ),
        ...objections.map((sentence) => `objection   ${sentence}`),
      ]),
    );
  });

  it('say so when no job has that name', async () => {
    routes['GET /v1/jobs'] = ok({ items: [], next: null });

    expect(await run(['status', 'flights'])).toMatchObject({ exitCode: 1, err: 'There is no job named "flights".' });
  });

  it('show a table to people and JSON to machines', async () => {
    routes['GET /v1/jobs'] = ok({ items: [JOB], next: null });

    expect((await run(['list'])).out.split('\n')).toEqual([
      'NAME     STATUS   REVISION  BATCH  RUNNER  ID',
      `flights  running         1      9  rnr_1   ${JOB.id}`,
    ]);
    expect(JSON.parse((await run(['list', '--json'])).out)).toEqual([JOB]);
  });

  it('show an open batch as open', async () => {
    routes[`GET /v1/jobs/${JOB.id}`] = ok(JOB);
    routes[`GET /v1/jobs/${JOB.id}/batches`] = ok({
      items: [{ timeline: 1, batchId: 2, batchTime: 'now', plannedByEpoch: 1, commit: null }],
      next: null,
    });

    expect((await run(['batches', JOB.id])).out).toContain('open');
  });

  it('spell out control characters that a job put into its events', async () => {
    routes[`GET /v1/jobs/${JOB.id}`] = ok(JOB);
    routes[`GET /v1/jobs/${JOB.id}/events`] = ok({
      items: [{ seq: '1', at: 'now', type: 'log', data: { line: 'a\u001b[2Jb\r\u009b0m' } }],
      next: null,
    });

    expect((await run(['logs', JOB.id])).out).toBe('now  log  line=a\\u001b[2Jb\\u000d\\u009b0m');
  });
});

describe("commands that change a job's life", () => {
  it('order it and show what is wanted now', async () => {
    routes[`GET /v1/jobs/${JOB.id}`] = ok(JOB);
    routes[`POST /v1/jobs/${JOB.id}/stop`] = () => ({ status: 202, body: { ...JOB, desired: 'stopped' } });

    expect((await run(['stop', JOB.id])).out).toBe('flights is running, wanted stopped');
  });

  it('wait until it is so when asked', async () => {
    let looks = 0;
    routes[`GET /v1/jobs/${JOB.id}`] = () => ({
      status: 200,
      body: { ...JOB, status: ++looks < 3 ? 'draining' : 'stopped' },
    });
    routes[`POST /v1/jobs/${JOB.id}/stop`] = () => ({ status: 202, body: { ...JOB, desired: 'stopped' } });

    expect((await run(['stop', JOB.id, '--wait', '5'])).out).toBe('flights is stopped, wanted running');
  });
});

describe('commands about where a job goes on', () => {
  const EDIT = {
    ...{ dryRun: false, timeline: 2, checkpointId: 'ckp_1', abandonedBatchIds: [] },
    changes: [
      { source: 'in', partition: 'a=b.txt', before: 8, after: 4, unit: 'bytes', recordsAgain: 1, recordsSkipped: 0 },
    ],
  };
  beforeEach(() => {
    routes[`GET /v1/jobs/${JOB.id}`] = ok(JOB);
    routes[`POST /v1/jobs/${JOB.id}/start`] = () => ({ status: 202, body: JOB });
  });

  it('show the offsets beside what the sources hold, and what is wrong with them', async () => {
    routes[`GET /v1/jobs/${JOB.id}/offsets`] = ok({
      ...{ timeline: 1, batchId: 9 },
      sources: [
        {
          ...{ source: 'in', unit: 'bytes', problem: { code: 'offsets_expired', message: 'It is gone.' } },
          partitions: [
            { partition: 'a.txt', committed: 4, sinceBatchId: 7, earliest: 0, latest: 14, lag: 10 },
            { partition: 'b.txt', committed: null, sinceBatchId: null, earliest: 0, latest: 6, lag: 6 },
          ],
        },
      ],
    });

    expect((await run(['offsets', 'get', JOB.id])).out.split('\n')).toEqual([
      'After batch 9 of timeline 1:',
      'SOURCE  PARTITION  COMMITTED  BATCH  EARLIEST  LATEST  LAG  UNIT',
      'in      a.txt              4      7         0      14   10  bytes',
      'in      b.txt      -          -             0       6    6  bytes',
      'offsets_expired: It is gone.',
    ]);
  });

  it('set offsets of any partition, and tell what is read again', async () => {
    routes[`PATCH /v1/jobs/${JOB.id}/offsets`] = ok(EDIT);

    const { out } = await run(['offsets', 'set', JOB.id, 'in/a=b.txt=4', 'in/c.txt=0', '--dry-run', '--empty-state']);

    expect(asked.at(-1)?.body).toEqual({
      offsets: [
        { source: 'in', partition: 'a=b.txt', offset: 4 },
        { source: 'in', partition: 'c.txt', offset: 0 },
      ],
      ...{ state: 'empty', dryRun: true },
    });
    expect(out).toContain('Timeline 2 begins with the state of ckp_1.');
    expect(await run(['offsets', 'set', JOB.id, 'in=4'])).toMatchObject({ exitCode: 1 });
  });

  it('forget offsets', async () => {
    routes[`DELETE /v1/jobs/${JOB.id}/offsets`] = ok({ ...EDIT, checkpointId: null, abandonedBatchIds: [10] });

    const { out } = await run(['offsets', 'reset', JOB.id, '--source', 'in']);

    expect(out).toContain('Timeline 2 begins with no state.');
    expect(out).toContain('Planned and never committed: batch 10.');
  });

  it.each([
    ['earliest', { from: 'earliest' }],
    ['offsets-only', { from: 'offsets-only' }],
    ['checkpoint:ckp_1', { from: 'checkpoint', checkpointId: 'ckp_1' }],
    ['timestamp:2026-01-01T00:00:00Z', { from: 'timestamp', timestamp: '2026-01-01T00:00:00Z' }],
  ])('start a job from %s', async (from, body) => {
    expect((await run(['start', JOB.id, '--from', from])).exitCode).toBe(0);
    expect(asked.at(-1)).toMatchObject({ route: `POST /v1/jobs/${JOB.id}/start`, body });
  });

  it('start a job as before without a word, and nothing from a place that is none', async () => {
    await run(['start', JOB.id]);
    expect(asked.at(-1)).toMatchObject({ route: `POST /v1/jobs/${JOB.id}/start`, body: undefined });
    expect(await run(['start', JOB.id, '--from', 'somewhere'])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('checkpoint:<id>') as string,
    });
  });

  it('list checkpoints, and say whether they fit a revision', async () => {
    const one = { timeline: 1, batchId: 9, revision: 1, status: 'complete', stateRows: 3, stateBytes: 120 };
    const operators = [
      { uid: 'a', verdict: 'as_is' },
      { uid: 'b', verdict: 'evolve' },
    ];
    const fit = { revision: 2, outcome: 'fits', reasons: [], operators };
    const misfit = { ...fit, outcome: 'does_not_fit', reasons: ['"b": no'] };
    const answer = (...fits: readonly (object | null)[]) =>
      ok({ items: fits.map((fits, at) => ({ ...one, id: `ckp_${at}`, verifiedAt: null, fits })), next: null });

    routes[`GET /v1/jobs/${JOB.id}/checkpoints`] = answer(fit, misfit);
    expect((await run(['checkpoints', JOB.id, '--revision', '2'])).out.split('\n')).toEqual([
      'CHECKPOINT  TIMELINE  BATCH  REVISION  STATUS    ROWS  BYTES  VERIFIED  FITS',
      'ckp_0              1      9         1  complete     3    120  -         fits          b: evolve',
      'ckp_1              1      9         1  complete     3    120  -         does_not_fit  "b": no',
    ]);
    routes[`GET /v1/jobs/${JOB.id}/checkpoints`] = answer(null);
    expect((await run(['checkpoints', JOB.id])).out.split('\n')[1]).toBe(
      'ckp_0              1      9         1  complete     3    120  -',
    );
  });

  it('tell from what the next start would begin, and why', async () => {
    routes[`GET /v1/jobs/${JOB.id}/next-start`] = ok({
      ...{ revision: 1, trigger: 'resume', policy: 'ask', outcome: 'ask', from: null },
      ...{ reasonCode: 'STATE_DOES_NOT_FIT', reason: 'It does not fit.' },
      candidates: [{ checkpointId: 'ckp_1', timeline: 1, batchId: 9, verdict: 'does_not_fit', operators: {} }],
    });

    const lines = (await run(['next-start', JOB.id])).out.split('\n');
    expect(lines).toContain('reason    STATE_DOES_NOT_FIT: It does not fit.');
    expect(lines).toContain('ckp_1     does_not_fit');
  });
});

describe('tidemark plan', () => {
  const PLAN = {
    ...{ id: 'upl_1', revision: 1, checkpointId: 'ckp_1', bundleDigest: 'd', upgrade: {}, outcome: 'proceed' },
    ...{ objections: [], operators: [], logicChanged: [], logicUnknown: [], sources: [], sinks: [], warnings: [] },
    ...{ state: { rows: 9, bytes: 90, convertsState: true }, tried: null, estimatedGapMs: 150, createdAt: '' },
  };
  beforeEach(async () => {
    await write('job.js', 'var tidemarkJob;');
    routes[`GET /v1/jobs/${JOB.id}`] = ok(JOB);
    routes[`POST /v1/jobs/${JOB.id}/upgrade-plans`] = ok({ ...PLAN, tried: { rows: 7, ofRows: 9, isCutShort: true } });
  });

  it.each([
    [[], undefined],
    [['--deep'], true],
    [['--deep', 'all'], 'all'],
  ] as const)('with %j says how deep it goes, and how far it came', async (flags, deep) => {
    const { out } = await run(['plan', JOB.id, 'job.js', ...flags]);
    expect(asked.at(-1)?.body).toHaveProperty('deep', deep ?? false);
    expect(out.split('\n')).toContain('tried    7 of 9 rows converted, then time was up');
  });

  it('does not take what it would not do', async () => {
    expect(await run(['plan', JOB.id, 'job.js', '--wait'])).toMatchObject({ exitCode: 1, out: '' });
    expect(asked).toEqual([]);
  });

  it('is what is deployed, and nothing that stands beside it', async () => {
    const route = `POST /v1/jobs/${JOB.id}/revisions`;
    routes[`GET /v1/jobs/${JOB.id}`] = () => ({ status: 200, body: JOB });
    routes[route] = () => ({ status: 201, body: { ...JOB, revision: 2, upgrade: null } });
    for (const more of [['job.js'], ['--reset', 'totals'], ['--health-batches', '0'], ['--minify']]) {
      expect(await run(['deploy', JOB.id, ...more, '--plan', 'upl_1'])).toMatchObject({
        exitCode: 1,
        err: expect.stringContaining('The plan says what is deployed') as string,
      });
    }
    expect(asked.some((each) => each.route === route)).toBe(false);
    expect(await run(['deploy', JOB.id, '--plan', 'upl_1'])).toMatchObject({ exitCode: 0 });
    expect(asked.find((each) => each.route === route)?.body).toEqual({ plan: 'upl_1' });
  });

  it('ends with 1 and the reason when the job has left the revision before it was there', async () => {
    const path = `GET /v1/jobs/${JOB.id}`;
    routes[path] = ok(JOB);
    routes[`POST /v1/jobs/${JOB.id}/revisions`] = () => {
      // Batches are committed again, by the revision before and on a new timeline.
      routes[path] = ok({ ...JOB, timeline: 2 });
      return { status: 201, body: { ...JOB, revision: 2 } };
    };
    routes[`${path}/events`] = ok({ items: [UNDONE], next: null });

    expect(await run(['deploy', JOB.id, '--plan', 'upl_1', '--wait'])).toMatchObject({
      exitCode: 1,
      err: `Job ${JOB.id} has gone back to revision 1: bad code:\n it threw`,
    });
  });

  it('is told by a check that cannot go on, which ends with 3', async () => {
    const checked = await run(['check', 'job.js', '--against', JOB.id]);
    expect(checked).toMatchObject({ exitCode: 3, err: expect.stringContaining('/revisions') as string });
    expect(checked.out.split('\n')).toContain('outcome  proceed: it can be deployed');
    expect(checked.out).toContain('not compared: ');
    const { out } = await run(['check', 'job.js', '--against', JOB.id, '--json']);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'not_compared', plan: { id: 'upl_1' }, comparison: null });
  });

  it('refuses another depth, and a file in its place', async () => {
    expect(await run(['plan', JOB.id, '--deep', 'job.js'])).toMatchObject({
      exitCode: 1,
      err: '"job.js" does not go with --deep: write --deep all, or --deep at the end.',
    });
  });
});

describe('the connection', () => {
  const instance = (): string => JSON.stringify({ apiUrl: apiUrl(), tenantKey: 'local-key', adminKey: 'x' });
  beforeEach(() => {
    routes['GET /v1/jobs'] = ok({ items: [], next: null });
  });

  it('is that of the service that was started in a folder above', async () => {
    await write('.tidemark/instance.json', instance());

    expect(await run(['list'], {})).toMatchObject({ exitCode: 0, out: 'No jobs.' });
    expect(asked).toMatchObject([{ key: 'Bearer local-key' }]);
  });

  it('is that of TIDEMARK_HOME where it is set', async () => {
    await write('elsewhere/instance.json', instance());

    expect((await run(['list'], { TIDEMARK_HOME: join(folder, 'elsewhere') })).exitCode).toBe(0);
  });

  it('never takes the local key to another service', async () => {
    await write('.tidemark/instance.json', instance());

    expect(await run(['list', '--api-url', apiUrl()], {})).toMatchObject({
      exitCode: 1,
      err: 'The API key is missing: give --api-key or set TIDEMARK_API_KEY.',
    });
    expect(asked).toEqual([]);
  });

  it('is asked for in one sentence when there is none', async () => {
    expect(await run(['list'], {})).toMatchObject({ exitCode: 1, err: expect.stringContaining('npm start') as string });
  });

  it('ends with 2 when nobody listens there', async () => {
    const env = { TIDEMARK_API_URL: 'http://127.0.0.1:1', TIDEMARK_API_KEY: 'k' };

    expect(await run(['stop', JOB.id], env)).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('cannot be reached') as string,
    });
  });
});

describe('tidemark retention', () => {
  const none = { checkpoints: null, ageMs: null, bytes: null };
  const path = `/v1/jobs/${JOB.id}/retention`;
  let own: object;
  beforeEach(() => {
    own = { ...none, checkpoints: 7 };
    routes[`GET /v1/jobs/${JOB.id}`] = ok(JOB);
    const answer = () => ({ own, tenant: { ...none, bytes: 900 }, effective: { ...none, ...own } });
    routes[`GET ${path}`] = () => ({ status: 200, body: answer() });
    routes[`PUT ${path}`] = (body) => {
      own = { ...none, ...(body as object) };
      return { status: 200, body: answer() };
    };
  });

  it('shows the limits of job and tenant, and what is in effect', async () => {
    const { exitCode, out } = await run(['retention', JOB.id]);

    expect(exitCode).toBe(0);
    expect(out).toMatch(/^checkpoints a timeline +7 +- +7$/m);
    expect(out).toMatch(/^bytes +- +900 +default$/m);
    expect(asked.filter(({ route }) => route.startsWith('PUT'))).toEqual([]);
  });

  it('changes what is given and leaves the rest, unless told to clear it', async () => {
    await run(['retention', JOB.id, '--age', '7d']);
    await run(['retention', JOB.id, '--bytes', '5', '--clear']);
    await run(['retention', JOB.id, '--clear']);

    expect(asked.filter(({ route }) => route === `PUT ${path}`).map(({ body }) => body)).toEqual([
      { checkpoints: 7, ageMs: 604_800_000 },
      { bytes: 5 },
      {},
    ]);
  });

  it.each(['7', '7w', '-1d', 'soon'])('refuses an age of "%s"', async (age) => {
    expect(await run(['retention', JOB.id, `--age=${age}`])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('length of time') as string,
    });
  });
});

describe('tidemark usage', () => {
  it('shows what is stored, for each job and in all', async () => {
    const stored = { bytes: 150, checkpoints: 4, savepoints: 1, verified: 3, pinned: 2 };
    const pressure = { bytes: 150, quotaBytes: 100, stretch: 2, since: '2026-01-01T00:00:00.000Z' };
    const jobs = [{ jobId: JOB.id, name: 'flights', ...stored }];
    routes['GET /v1/usage'] = ok({ ...stored, quotaBytes: 100, pressure, jobs });

    const { out } = await run(['usage']);

    expect(out).toMatch(/^bytes +150 of 100$/m);
    expect(out).toMatch(/^over the limit +since 2026-01-01T00:00:00.000Z: 2 times fewer checkpoints$/m);
    expect(out).toMatch(/^flights +150 +4 +1 +3 +2 +job_a+$/m);
  });
});

describe('a wrong command line', () => {
  it.each([[['nonsense']], [['submit']], [['batches', JOB.id, '-n', '0']], [['list', '--nonsense']]])(
    'ends with 1 and a sentence: %s',
    async (args) => {
      const { exitCode, err } = await run(args);

      expect(exitCode).toBe(1);
      expect(err).not.toBe('');
    },
  );

  it('is no error when it asks for help', async () => {
    const { exitCode, out } = await run(['--help']);

    expect(exitCode).toBe(0);
    for (const name of [
      'init',
      'build',
      'submit',
      'list',
      'status',
      'logs',
      'batches',
      'stop',
      'start',
      'cancel',
      'retention',
      'usage',
    ]) {
      expect(out).toContain(`  ${name}`);
    }
  });
});

describe('tidemark deploy', () => {
  it('ends with 3, and says what stands in the way, when the revision waits for a decision', async () => {
    await write('job.js', 'var tidemarkJob;');
    routes[`GET /v1/jobs/${JOB.id}`] = ok(JOB);
    const upgrade = { revision: 2, objections: ['State of "totals" does not fit.'] };
    routes[`POST /v1/jobs/${JOB.id}/revisions`] = () => ({ status: 201, body: { ...JOB, upgrade } });

    for (const wait of [[], ['--wait']]) {
      expect(await run(['deploy', JOB.id, 'job.js', ...wait])).toEqual({
        exitCode: 3,
        out: [
          'Revision 2 waits for a decision; revision 1 goes on.',
          '! State of "totals" does not fit.',
          'Answer with: tidemark decide flights reset, or: tidemark decide flights abandon',
        ].join('\n'),
        err: '',
      });
    }
  });
});

describe('tidemark fork', () => {
  const FORK = { ...JOB, id: `job_${'b'.repeat(32)}`, name: 'trial', status: 'submitted', lastBatch: null };
  beforeEach(() => {
    routes[`GET /v1/jobs/${JOB.id}`] = ok(JOB);
    routes[`POST /v1/jobs/${JOB.id}/forks`] = ok(FORK);
  });

  it('begins with the savepoint that is named, and the code that wrote it', async () => {
    expect((await run(['fork', JOB.id, 'trial', '--from', 'sav_1'])).out).toBe(FORK.id);
    expect(asked.at(-1)?.body).toMatchObject({ name: 'trial', savepointId: 'sav_1' });
    expect(asked.at(-1)?.body).not.toHaveProperty('bundle');
  });

  it('waits for the first batch when asked', async () => {
    routes[`GET /v1/jobs/${FORK.id}`] = ok({ ...FORK, status: 'running', lastBatch: JOB.lastBatch });

    expect((await run(['fork', JOB.id, 'trial', '--wait'])).out).toBe(`${FORK.id}\nbatch 9 committed on rnr_1`);
  });
});
