import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Job } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, kill, root, type RunningProcess } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { descendantsOf, isAlive } from './processes.js';
import { until } from './until.js';

const WAIT_MS_MAX = 20_000;
const CANCEL_MS_MAX = 10_000;
const cli = join(root, 'apps/cli/dist/main.js');
const execute = promisify(execFile);

let instance: Instance;
let dataHome: Awaited<ReturnType<typeof aHome>>;

beforeAll(async () => {
  dataHome = await aHome();
  instance = await Instance.start(dataHome.home);
});

afterAll(async () => {
  await instance.stop();
  await dataHome.remove();
});

const statusOf = async (id: string): Promise<Job['status']> => (await instance.tidemark.jobs.get(id)).status;

const untilCommitted = (id: string): Promise<Job> =>
  instance.tidemark.jobs.waitFor(id, ({ lastBatch }) => lastBatch !== null, { timeoutMs: WAIT_MS_MAX });

describe('a newcomer with the command line', () => {
  let folder: string;

  beforeAll(async () => {
    const work = join(dataHome.home, 'work');
    await mkdir(work);
    folder = work;
    expect(await tidemark('init', 'counting')).toContain('wrote counting/src/job.ts\n');
    folder = join(work, 'counting');
    await installWhatIsNamed();
  });

  /** In place of `npm install`, which would ask a registry for the types of Node. */
  async function installWhatIsNamed(): Promise<void> {
    await mkdir(join(folder, 'node_modules/@tidemark'), { recursive: true });
    await mkdir(join(folder, 'node_modules/@types'));
    const { dependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      readonly dependencies: { readonly '@tidemark/streams': string };
    };
    const streams = dependencies['@tidemark/streams'].replace(/^file:/, '');
    await symlink(streams, join(folder, 'node_modules/@tidemark/streams'));
    await symlink(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'));
  }

  /** Runs a command line as a program of its own and returns what it prints, without the last line's end. */
  async function tidemark(...args: readonly string[]): Promise<string> {
    const env = { PATH: process.env['PATH'], TIDEMARK_HOME: instance.home };
    const { stdout } = await execute(process.execPath, [cli, ...args], { cwd: folder, env });
    return stdout.trimEnd();
  }

  it('gets a job that compiles', async () => {
    await execute(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { cwd: folder });
    expect(await tidemark('build', 'src/job.ts')).toMatch(/^dist\/job\.js {2}\d+ bytes$/);
    expect(await readFile(join(folder, 'dist/job.js'), 'utf8')).toContain('tidemarkJob');
  });

  it('gets a test that passes, run as npm runs it', async () => {
    const { stdout } = await execute('npm', ['test'], { cwd: folder });
    expect(stdout).toMatch(/pass 1\n[^]*fail 0\n/);
  });

  it('submits it, looks at it, and controls it', async () => {
    const [id = '', committed] = (await tidemark('submit', 'src/job.ts', '--wait')).split('\n');
    expect(id).toMatch(/^job_[0-9a-f]{32}$/);
    expect(committed).toMatch(/^batch \d+ committed on rnr_[0-9a-f]{32}$/);

    expect(await tidemark('list')).toMatch(new RegExp(`^counting +running +1 +\\d+ +rnr_\\S+ +${id}$`, 'm'));
    expect(await tidemark('status', 'counting')).toMatch(/^status +running since /m);
    await until('the job has logged its counts', WAIT_MS_MAX, async () =>
      (await tidemark('logs', 'counting', '-n', '100')).includes('  log  ') ? true : undefined,
    );
    const logs = await tidemark('logs', 'counting', '-n', '100');
    for (const event of ['job.submitted', 'job.scheduled', 'run.claimed', 'run.restored'])
      expect(logs).toContain(`  ${event}  `);
    const [headings, newest] = (await tidemark('batches', 'counting')).split('\n');
    expect(headings).toMatch(/^TIMELINE +BATCH/);
    expect(newest).toMatch(/^ +1 +\d+ +\d{4}-/);

    expect(await tidemark('stop', 'counting', '--wait')).toBe('counting is stopped, wanted stopped');
    expect(await statusOf(id)).toBe('stopped');
    expect(await tidemark('start', 'counting', '--wait')).toBe('counting is running, wanted running');
    expect(await tidemark('cancel', 'counting', '--wait')).toBe('counting is cancelled, wanted cancelled');
    expect(await statusOf(id)).toBe('cancelled');
  });

  it('gets one sentence and exit code 1 for a mistake', async () => {
    for (const [args, says] of [
      [['status', 'nothing'], 'There is no job named "nothing".\n'],
      [['submit', 'src/missing.ts'], expect.stringContaining('src/missing.ts does not exist')],
      [['start', 'counting'], expect.stringContaining('is cancelled; it cannot accept "restart".')],
    ] as const) {
      await expect(tidemark(...args)).rejects.toMatchObject({ code: 1, stdout: '', stderr: says });
    }
  });
});

describe('a program that watches a job', () => {
  it('sees every event once although the api is killed in between', async () => {
    const { jobs } = instance.tidemark;
    const { id } = await jobs.submit({ bundle: await bundleOf('steady') });
    const leaving = new AbortController();
    const seen: { readonly seq: string; readonly type: string }[] = [];
    const watching = (async () => {
      for await (const { seq, type } of jobs.watch(id, { after: '0', signal: leaving.signal })) {
        if (seq !== null) seen.push({ seq, type });
      }
    })();
    const untilSeen = (type: string, times = 1): Promise<true> =>
      until(`${type} is seen`, WAIT_MS_MAX, async () =>
        seen.filter((event) => event.type === type).length >= times ? true : undefined,
      );
    await untilSeen('log', 3);

    const killed = await apiProcess();
    kill(killed?.pid ?? 0, 'SIGKILL');
    await until('there is another api', WAIT_MS_MAX, async () => {
      const api = await apiProcess();
      return api === undefined || api.pid === killed?.pid ? undefined : true;
    });
    await jobs.stop(id);
    await untilSeen('job.stopped');
    await jobs.start(id);
    await untilSeen('run.restored', 2);
    await jobs.cancel(id);
    await untilSeen('job.cancelled');
    leaving.abort();
    await watching;

    const all: string[] = [];
    for await (const { seq } of jobs.events(id, { after: '0', limit: 100 })) all.push(seq);
    expect(seen.map(({ seq }) => seq)).toEqual(all);
  });

  const apiProcess = async (): Promise<RunningProcess | undefined> =>
    (await instance.processes()).find(({ role }) => role === 'api');
});

describe('a job that is cancelled in the middle of a batch without end', () => {
  it('F8: is over within 10 s, and its sandbox is gone', async () => {
    const { jobs } = instance.tidemark;
    // The next job takes the sandbox that its runner has kept warm.
    const warm = new Map<string, readonly number[]>();
    for (const { role, id, pid } of await instance.processes()) {
      if (role === 'runner') warm.set(id, await until('a sandbox is warm', WAIT_MS_MAX, () => sandboxesOf(pid)));
    }
    const bundle = await bundleOf('loops');
    const { id } = await jobs.submit({ bundle, config: { limits: { cpuMsPerBatch: 600_000 } } });
    await untilCommitted(id);
    const { id: runnerId } = await instance.runnerOf(id);
    const sandbox = warm.get(runnerId) ?? [];
    expect(sandbox).not.toEqual([]);
    await until('the job is in its endless batch', WAIT_MS_MAX, async () => {
      const [newest] = (await jobs.batches(id, { limit: 1 })).items;
      return newest?.commit === null && Date.now() - Date.parse(newest.plannedAt) > 1_000 ? true : undefined;
    });
    expect(await Promise.all(sandbox.map(isAlive))).toContain(true);

    const orderedAt = performance.now();
    await jobs.cancel(id);
    await jobs.waitFor(id, ({ status }) => status === 'cancelled', { timeoutMs: CANCEL_MS_MAX });
    await until('its sandbox is gone', CANCEL_MS_MAX, async () =>
      (await Promise.all(sandbox.map(isAlive))).some((alive) => alive) ? undefined : true,
    );
    expect(performance.now() - orderedAt).toBeLessThan(CANCEL_MS_MAX);
    await expect(jobs.start(id)).rejects.toMatchObject({ status: 409, code: 'job_event_refused' });
    expect(await jobs.get(id)).toMatchObject({ status: 'cancelled', currentRun: null });
  });

  async function sandboxesOf(runnerPid: number): Promise<readonly number[] | undefined> {
    const processes = await descendantsOf(runnerPid);
    return processes.length === 0 ? undefined : processes;
  }
});
