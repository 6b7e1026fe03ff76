import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PostgresProxy } from '@tidemark/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectEachBatchShown, expectExactlyOnce, goesOn, submitEcho } from './echo.js';
import { aHome, Instance, kill, root } from './instance.js';
import { environmentOf } from './processes.js';
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

const nameOf = (point: string, time: number): string => `${point}-${time}`;

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

  it.each(TIMES)('F1, F2: loses nothing and repeats nothing, time %d that it comes by each of them', async (time) => {
    const names = POINTS.map((point) => nameOf(point, time));
    const ids = await Promise.all(names.map((name) => submitEcho(instance, name)));
    await until('a runner was killed at each point', WAIT_MS_MAX, async () => {
      const reached = (await readdir(folder)).filter((file) => file.endsWith(`.${time}`));
      return reached.length === POINTS.length ? true : undefined;
    });
    await Promise.all(ids.map((id) => goesOn(instance, id)));

    for (const id of ids) await instance.tidemark.jobs.cancel(id);
    for (const name of names) await expectExactlyOnce(instance, name);
    for (const id of ids) await expectEachBatchShown(instance, id);
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
    const id = await submitEcho(instance, 'ambiguous');
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
