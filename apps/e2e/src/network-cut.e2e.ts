import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { TcpProxy } from '@tidemark/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectExactlyOnce, goesOn, submitEcho } from './echo.js';
import { aHome, Instance, kill, root } from './instance.js';
import { environmentOf } from './processes.js';
import { until } from './until.js';

const WAIT_MS_MAX = 60_000;
/** By the lease, which is 5 s, and what comes after. */
const ELSEWHERE_MS_MAX = 10_000;
const SERVERS = ['TIDEMARK_DATABASE_URL', 'TIDEMARK_REDIS_URL'];

describe('R2: a host that the network loses, with all its sockets open', () => {
  let instance: Instance;
  let dataHome: Awaited<ReturnType<typeof aHome>>;
  let runner: ChildProcess | undefined;
  const lines: TcpProxy[] = [];

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
  });

  afterAll(async () => {
    if (runner?.pid !== undefined) kill(runner.pid, 'SIGKILL');
    for (const line of lines) await line.close();
    await instance.stop();
    await dataHome.remove();
  });

  /** What it says to database and queue can be cut off. */
  async function startRunnerOnAnotherHost(own: { readonly [name: string]: string | undefined }): Promise<ChildProcess> {
    const env = { ...own };
    for (const name of SERVERS) {
      const server = own[name];
      if (server === undefined) continue;
      const { hostname, port } = new URL(server);
      const line = await TcpProxy.open({ host: hostname, port: Number(port) });
      lines.push(line);
      env[name] = line.through(server);
    }
    const started = spawn(process.execPath, [join(root, 'apps/runner/dist/main.js')], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(started.stdout, 'data');
    return started;
  }

  it('loses its job to another within ten seconds, ends, and has written nothing since when the network is back', async () => {
    const own = (await instance.processes()).filter(({ role }) => role === 'runner');
    for (const { pid } of own) kill(pid, 'SIGSTOP');
    runner = await startRunnerOnAnotherHost(await environmentOf(own[0]?.pid ?? 0));
    const id = await submitEcho(instance, 'cut');
    await goesOn(instance, id);
    for (const { pid } of own) kill(pid, 'SIGCONT');
    const there = (await instance.tidemark.jobs.get(id)).currentRun?.runnerId;
    await until('another runner could have it', WAIT_MS_MAX, async () => {
      const back = (await instance.processes()).filter(
        ({ role, id: runnerId }) => role === 'runner' && runnerId !== there,
      );
      return back.length === own.length ? true : undefined;
    });
    await goesOn(instance, id);

    const { epoch } = await instance.tidemark.jobs.get(id);
    const cutAtMs = Date.now();
    for (const line of lines) line.spoil({ dropsSilently: true });
    const elsewhere = await until('a batch is committed elsewhere', WAIT_MS_MAX, async () => {
      const { items } = await instance.tidemark.jobs.batches(id, { limit: 10 });
      return items.findLast(({ commit }) => commit !== null && (commit.epoch ?? 0) > epoch)?.commit ?? undefined;
    });
    const tookMs = Date.parse(elsewhere.committedAt) - cutAtMs;
    console.log(`committed elsewhere ${(tookMs / 1_000).toFixed(1)} s after the cut`);
    expect(tookMs).toBeLessThan(ELSEWHERE_MS_MAX);

    for (const line of lines) line.spoil({ dropsSilently: false });
    await until('the runner that was cut off has ended', WAIT_MS_MAX, () =>
      Promise.resolve(runner?.exitCode !== null || runner.signalCode !== null ? true : undefined),
    );
    await goesOn(instance, id);
    await expectExactlyOnce(instance, 'cut');
  });
});
