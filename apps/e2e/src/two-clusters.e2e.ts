import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasRedis, ownRedis, type OwnRedis } from '@tidemark/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { startBeside, type AnotherProcess, type Role } from './another-process.js';
import { aHome, Instance } from './instance.js';
import { filesIn, rowsOf } from './traces.js';
import { expectEachVisitOnce } from './visits.js';
import { goesOn, stopped, visitsAtWork } from './visits-job.js';

/** Nothing listens there: which kind of queue is meant is known without it. */
const SOME_REDIS = 'redis://127.0.0.1:1';

let ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

async function aFolder(): Promise<string> {
  const { home, remove } = await aHome();
  ends.push(remove);
  return home;
}

async function start(home: string, env: { readonly [name: string]: string } = {}): Promise<Instance> {
  const instance = await Instance.start(home, env);
  ends.push(() => instance.stop());
  return instance;
}

async function aRedis(): Promise<OwnRedis> {
  const redis = await ownRedis(await aFolder());
  ends.push(() => redis.stop());
  return redis;
}

async function another(...parts: Parameters<typeof startBeside>): Promise<AnotherProcess> {
  const started = await startBeside(...parts);
  ends.push(() => started.stop());
  return started;
}

/** A job at rest, and everything that there is of it. */
async function aStoppedJob(instance: Instance) {
  const job = await visitsAtWork(instance);
  await stopped(instance, job);
  return { id: job.id, before: await everything(instance) };
}

const everything = async (instance: Instance) => ({
  objects: await filesIn(join(instance.home, 'objects')),
  output: await filesIn(instance.files),
  rows: await rowsOf(instance),
});

/** The job goes on as if nobody else had ever come. */
async function expectUntouched(instance: Instance, { id, before }: Awaited<ReturnType<typeof aStoppedJob>>) {
  expect(await everything(instance)).toEqual(before);
  expect(Object.keys(before.objects).length).toBeGreaterThan(2);
  await instance.tidemark.jobs.start(id);
  await goesOn(instance, { id });
  await expectEachVisitOnce(instance);
}

async function expectRefused(
  instance: Instance,
  roles: readonly Role[],
  env: { [name: string]: string },
  says: string,
) {
  for (const role of roles) {
    const refused = await another(instance, role, env);
    expect(refused.said()).toContain(says);
    expect(refused.said()).toContain('Nothing was changed.');
    expect({ isReady: refused.isReady, exitCode: refused.exitCode() }).toEqual({ isReady: false, exitCode: 1 });
  }
}

describe('two clusters on one database', () => {
  it('are told apart by the kind of their queue: the second is refused, says why, and changes nothing', async () => {
    const instance = await start(await aFolder(), { TIDEMARK_REDIS_URL: '' });
    const job = await aStoppedJob(instance);

    await expectRefused(
      instance,
      ['scheduler', 'runner'],
      { TIDEMARK_REDIS_URL: SOME_REDIS },
      'has its queue in postgres, and this process has it in redis',
    );

    await expectUntouched(instance, job);
  });

  it.skipIf(!hasRedis())(
    'are told apart by their Redis, also if one of them is new and empty (needs redis-server)',
    async () => {
      const [redis, other] = [await aRedis(), await aRedis()];
      const instance = await start(await aFolder(), { TIDEMARK_REDIS_URL: redis.url });
      const job = await aStoppedJob(instance);

      await expectRefused(
        instance,
        ['scheduler', 'runner'],
        { TIDEMARK_REDIS_URL: other.url },
        'use a queue in another Redis than this process',
      );

      expect(await other.say('DBSIZE')).toBe(':0\r\n');
      await expectUntouched(instance, job);
    },
  );

  it('are told apart by their object stores', async () => {
    const instance = await start(await aFolder());
    const job = await aStoppedJob(instance);
    const objects = join(await aFolder(), 'objects');
    await mkdir(objects);

    await expectRefused(
      instance,
      ['api', 'scheduler', 'runner'],
      { TIDEMARK_OBJECTS_DIR: objects },
      'TIDEMARK_ADOPT_STORE=ins_',
    );

    expect(await filesIn(objects)).toEqual({});
    await expectUntouched(instance, job);
  });

  it('are one if they have one queue and one store: more processes of each kind may be started', async () => {
    const instance = await start(await aFolder());
    const job = await visitsAtWork(instance);
    const more = await Promise.all((['api', 'scheduler', 'runner'] as const).map((role) => another(instance, role)));
    expect(more.map(({ isReady }) => isReady)).toEqual([true, true, true]);

    await goesOn(instance, job);

    expect(more.map(({ exitCode }) => exitCode())).toEqual([null, null, null]);
    await expectEachVisitOnce(instance);
  });
});

describe.skipIf(!hasRedis())('the queue of an installation (needs redis-server)', () => {
  it('is moved to another server when that is said, and only then', async () => {
    const home = await aFolder();
    const instance = await start(home, { TIDEMARK_REDIS_URL: '' });
    const job = await visitsAtWork(instance);
    await instance.stop();
    const redis = { TIDEMARK_REDIS_URL: (await aRedis()).url };

    const refusal = await start(home, redis).then(
      () => 'It has started.',
      (error: unknown) => String(error),
    );
    const [, adopt = ''] = /TIDEMARK_ADOPT_QUEUE=(ins_[0-9a-f]+)/.exec(refusal) ?? [];
    expect(adopt).not.toBe('');
    const moved = await start(home, { ...redis, TIDEMARK_ADOPT_QUEUE: adopt });
    await goesOn(moved, job);
    await moved.stop();

    const again = await start(home, redis);
    await goesOn(again, job);
    await again.stop();
    await expect(start(home, { TIDEMARK_REDIS_URL: '' })).rejects.toThrow('has its queue in redis');
  });

  it('may be emptied at any time, and locks nobody out', async () => {
    const home = await aFolder();
    const redis = await aRedis();
    const env = { TIDEMARK_REDIS_URL: redis.url };
    const instance = await start(home, env);
    const job = await visitsAtWork(instance);

    await redis.say('FLUSHALL');
    const runner = await another(instance, 'runner');
    expect(runner.isReady).toBe(true);
    await goesOn(instance, job);
    await runner.stop();
    await instance.killEverything();
    await redis.say('FLUSHALL');

    const again = await start(home, env);
    await goesOn(again, job);
    await expectEachVisitOnce(again);
  });
});
