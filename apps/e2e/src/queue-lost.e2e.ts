import { QUEUES } from '@tidemark/queue';
import { ownRedis } from '@tidemark/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectExactlyOnce, goesOn, submitEcho } from './echo.js';
import { aHome, Instance, kill } from './instance.js';
import { hasProgram } from './processes.js';
import { until } from './until.js';

/** Of an instance. */
const RUNNERS = 2;
const WAIT_MS_MAX = 60_000;
/** So long that a runner may be frozen for some seconds and keep its jobs. */
const LEASE_MS = 30_000;
const NAMES = ['queue-a', 'queue-b', 'queue-c'];

describe.skipIf(!(await hasProgram('redis-server')))('R5: a queue that is lost (needs redis-server)', () => {
  let instance: Instance;
  let redis: Awaited<ReturnType<typeof ownRedis>>;
  let dataHome: Awaited<ReturnType<typeof aHome>>;
  const ids = new Map<string, string>();

  beforeAll(async () => {
    dataHome = await aHome();
    redis = await ownRedis(dataHome.home);
    instance = await Instance.start(dataHome.home, {
      TIDEMARK_REDIS_URL: redis.url,
      TIDEMARK_LEASE_MS: String(LEASE_MS),
    });
    for (const name of NAMES) ids.set(name, await submitEcho(instance, name));
    await allGoOn();
  });

  afterAll(async () => {
    await instance.stop();
    await redis.stop();
    await dataHome.remove();
  });

  async function allGoOn(): Promise<void> {
    for (const id of ids.values()) await goesOn(instance, id);
  }

  const runners = async () => (await instance.processes()).filter(({ role }) => role === 'runner');

  const epochs = async (): Promise<readonly number[]> =>
    Promise.all([...ids.values()].map(async (id) => (await instance.tidemark.jobs.get(id)).epoch));

  /** One command; resolves to the first line of the answer. */
  async function redisSays(command: string): Promise<string> {
    return (await redis.say(command)).split('\r\n')[0] ?? '';
  }

  it('is nothing to the jobs that run, and the next death of a runner is mended as ever', async () => {
    const before = await epochs();
    expect(await redisSays('FLUSHALL')).toBe('+OK');
    await allGoOn();
    expect(await epochs()).toEqual(before);

    kill((await instance.runnerOf([...ids.values()][0] ?? '')).pid, 'SIGKILL');
    await allGoOn();
  });

  it('loses a message that was sent and not taken, which is sent again', async () => {
    // One that is still on its way back would take the message.
    const frozen = await until('all runners are back', WAIT_MS_MAX, async () => {
      const found = await runners();
      return found.length === RUNNERS ? found : undefined;
    });
    for (const { pid } of frozen) kill(pid, 'SIGSTOP');
    ids.set('queue-d', await submitEcho(instance, 'queue-d'));
    await until('the message is in the queue', WAIT_MS_MAX, async () =>
      (await redisSays(`EXISTS ${QUEUES.runs.keyPrefix}:wait`)) === ':1' ? true : undefined,
    );
    expect(await redisSays('FLUSHALL')).toBe('+OK');
    for (const { pid } of frozen) kill(pid, 'SIGCONT');

    await allGoOn();
  });

  it('may be down while runners die and jobs come: they start once it is back, empty', async () => {
    await redis.kill();
    ids.set('queue-e', await submitEcho(instance, 'queue-e'));
    for (const { pid } of await runners()) kill(pid, 'SIGKILL');
    for (const id of ids.values()) {
      await until(`${id} waits for a runner`, WAIT_MS_MAX, async () => {
        const { status } = await instance.tidemark.jobs.get(id);
        return status === 'scheduled' ? true : undefined;
      });
    }
    await redis.restart();

    await allGoOn();
  });

  it('never makes anything happen twice', async () => {
    for (const id of ids.values()) await instance.tidemark.jobs.cancel(id);
    for (const name of ids.keys()) await expectExactlyOnce(instance, name);
  });
});
