import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PostgresProxy } from '@tidemark/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, kill, root } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { validOutput } from './output-files.js';
import { until } from './until.js';

const POINTS = [
  'before-plan',
  'after-plan',
  'mid-batch',
  'after-sink',
  'after-commit',
  'mid-upload',
  'after-upload',
  'after-checkpoint',
];
const TIMES = [1, 2, 3];
const WAIT_MS_MAX = 60_000;
/** Batches that a job must commit after its runner was killed before it is judged. */
const GOES_ON = 3;

const nameOf = (point: string, time: number): string => `${point}-${time}`;

async function submit(instance: Instance, name: string): Promise<string> {
  const bundle = await bundleOf('echo', { constants: { NAME: name } });
  const { id } = await instance.tidemark.jobs.submit({ name, bundle, config: { checkpointIntervalMs: 1_000 } });
  return id;
}

async function goesOn(instance: Instance, jobId: string): Promise<void> {
  const { lastBatch: before } = await instance.tidemark.jobs.get(jobId);
  await until(`job ${jobId} goes on`, WAIT_MS_MAX, async () => {
    const { lastBatch } = await instance.tidemark.jobs.get(jobId);
    return (lastBatch?.batchId ?? 0) >= (before?.batchId ?? 0) + GOES_ON ? true : undefined;
  });
}

/** Every number from 0 on, each once, in order; and counts that are those of exactly these numbers. */
async function expectExactlyOnce(instance: Instance, name: string): Promise<void> {
  const out = await validOutput<{ value: number }>(join(instance.files, name, 'out'));
  const values = out.flatMap(({ rows }) => rows.map(({ value }) => value));
  expect(values).toEqual(values.map((_, index) => index));
  expect(values.length).toBeGreaterThan(0);

  const upTo = new Map<number, number>();
  let total = 0;
  for (const { batchId, rows } of out) {
    total += rows.length;
    upTo.set(batchId, total);
  }
  for (const { batchId, rows } of await validOutput<{ count: number }>(join(instance.files, name, 'counts'))) {
    const expected = upTo.get(batchId);
    if (expected !== undefined) expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(expected);
  }
}

describe('R1: a runner that is killed at a point of the protocol', () => {
  let instance: Instance;
  let folder: string;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    folder = join(dataHome.home, 'failpoints');
    await mkdir(folder);
    const failpoints = POINTS.flatMap((point) => TIMES.map((time) => `${nameOf(point, time)}/${point}:${time}=kill`));
    instance = await Instance.start(dataHome.home, {
      TIDEMARK_FAILPOINTS: failpoints.join(','),
      TIDEMARK_FAILPOINTS_DIR: folder,
    });
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  it.each(TIMES)('loses nothing and repeats nothing, time %d that it comes by each of them', async (time) => {
    const names = POINTS.map((point) => nameOf(point, time));
    const ids = await Promise.all(names.map((name) => submit(instance, name)));
    await until('a runner was killed at each point', WAIT_MS_MAX, async () => {
      const reached = (await readdir(folder)).filter((file) => file.endsWith(`.${time}`));
      return reached.length === POINTS.length ? true : undefined;
    });
    await Promise.all(ids.map((id) => goesOn(instance, id)));

    for (const id of ids) await instance.tidemark.jobs.cancel(id);
    for (const name of names) await expectExactlyOnce(instance, name);
  });
});

describe('R11: a commit whose answer never comes', () => {
  let instance: Instance;
  let dataHome: Awaited<ReturnType<typeof aHome>>;
  let proxy: PostgresProxy | undefined;
  let runner: ChildProcess | undefined;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
  });

  afterAll(async () => {
    if (runner?.pid !== undefined) kill(runner.pid, 'SIGKILL');
    await proxy?.tcp.close();
    await instance.stop();
    await dataHome.remove();
  });

  it('is found to be done by the next run, which repeats nothing', async () => {
    const own = (await instance.processes()).filter(({ role }) => role.startsWith('runner'));
    const env = await environmentOf(own[0]?.pid ?? 0);
    const database = new URL(env['TIDEMARK_DATABASE_URL'] ?? '');
    proxy = await PostgresProxy.open({ host: database.hostname, port: Number(database.port) });
    // From here on, whatever runs is run through the proxy.
    for (const { pid } of own) kill(pid, 'SIGSTOP');
    runner = spawn(process.execPath, [join(root, 'apps/runner/dist/main.js')], {
      env: { ...env, TIDEMARK_DATABASE_URL: proxy.tcp.through(database.href) },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (runner.stdout !== null) await once(runner.stdout, 'data');
    const id = await submit(instance, 'ambiguous');
    await goesOn(instance, id);

    for (const cuts of [1, 2, 3]) {
      proxy.cutInsteadOfAnswer({ statement: /committed_at = clock_timestamp/, application: 'tidemark-runner' });
      await until('an answer was cut off', WAIT_MS_MAX, () =>
        Promise.resolve(proxy?.count === cuts ? true : undefined),
      );
      await goesOn(instance, id);
    }

    const { epoch } = await instance.tidemark.jobs.get(id);
    expect(epoch).toBeGreaterThan(3);
    await expectExactlyOnce(instance, 'ambiguous');
    for (const { pid } of own) kill(pid, 'SIGCONT');
  });
});

async function environmentOf(pid: number): Promise<{ readonly [name: string]: string }> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8');
  return Object.fromEntries(
    text.split('\0').flatMap((entry) => {
      const at = entry.indexOf('=');
      return at === -1 ? [] : [[entry.slice(0, at), entry.slice(at + 1)]];
    }),
  );
}
