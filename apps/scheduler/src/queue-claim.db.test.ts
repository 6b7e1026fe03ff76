import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isTidemarkError } from '@tidemark/domain';
import { stores, type DataSource } from '@tidemark/persistence/testing';
import { QueueClaim, QUEUES, type QueueAddress } from '@tidemark/queue';
import { createTestDatabase, hasRedis, ownRedis, postgresTest, type OwnRedis } from '@tidemark/testing';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, vi } from 'vitest';

const WAIT = { timeout: 20_000, interval: 20 };
const POSTGRES: QueueAddress = { kind: 'postgres', url: '' };
/** Nothing listens there. */
const SILENT: QueueAddress = { kind: 'redis', url: 'redis://127.0.0.1:1' };

let open: QueueClaim[] = [];
afterEach(() => {
  for (const claim of open) claim.close();
  open = [];
});

interface Started {
  readonly claim: QueueClaim;
  /** Why the process has ended, once it has. */
  readonly ended: readonly string[];
  readonly warnings: readonly string[];
}

/** What every scheduler and runner does when it starts; another pool is another process. */
async function starts(dataSource: DataSource, address: QueueAddress, adopt?: string): Promise<Started> {
  const [ended, warnings]: [string[], string[]] = [[], []];
  const onWarning = (message: string): void => void warnings.push(message);
  const claim = await QueueClaim.of(address, stores(dataSource).installations, { adopt, onWarning });
  open.push(claim);
  claim.watch((reason) => ended.push(reason));
  return { claim, ended, warnings };
}

const refused = async (code: string, start: Promise<unknown>): Promise<string> => {
  const error = await start.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(isTidemarkError(error) ? error.code : error).toBe(code);
  return isTidemarkError(error) ? error.message : '';
};

const queueOf = (dataSource: DataSource): Promise<readonly { queue_kind: string; queue_id: string }[]> =>
  dataSource.query('SELECT queue_kind, queue_id FROM installation');
const installationOf = async (dataSource: DataSource): Promise<string> =>
  (await stores(dataSource).installations.find()).id;
/** As after a night in which no process was there. */
const age = (dataSource: DataSource): Promise<unknown> =>
  dataSource.query("UPDATE installation SET queue_used_at = now() - interval '8 h'");

describe('a queue in Postgres', () => {
  postgresTest('is shared by any number of processes', async ({ database }) => {
    const processes = await Promise.all(Array.from({ length: 4 }, () => database.connect()));
    await Promise.all(processes.map((dataSource) => starts(dataSource, POSTGRES)));
  });

  postgresTest('refuses a cluster that has its queue in Redis, of which nothing is noted', async ({ dataSource }) => {
    const first = await starts(dataSource, POSTGRES);
    const before = await queueOf(dataSource);

    const says = await refused('queue_of_another_kind', starts(dataSource, SILENT));

    const adopt = `TIDEMARK_ADOPT_QUEUE=${await installationOf(dataSource)}`;
    for (const named of ['TIDEMARK_DATABASE_URL', 'TIDEMARK_REDIS_URL', 'has its queue in postgres', adopt])
      expect(says).toContain(named);
    await refused('queue_of_another_kind', starts(dataSource, SILENT, `ins_${'0'.repeat(32)}`));
    expect(await queueOf(dataSource)).toEqual(before);
    expect(first.ended).toEqual([]);
  });
});

describe.skipIf(!hasRedis())('a queue in Redis (needs redis-server)', () => {
  let folder: string;
  let server: OwnRedis;
  let databases = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-redis-'));
    server = await ownRedis(folder);
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Numbered databases of one server know as little of each other as two servers. */
  const aRedis = (): Extract<QueueAddress, { kind: 'redis' }> & { readonly say: OwnRedis['say'] } => {
    const number = databases++;
    const say = async (command: string): Promise<string> => {
      const answers = await server.say(`SELECT ${number}`, command);
      return answers.replace('+OK\r\n', '');
    };
    return { kind: 'redis', url: `${server.url}/${number}`, say };
  };
  const markIn = ({ say }: ReturnType<typeof aRedis>): Promise<string> => say(`GET ${QUEUES.runs.markKey}`);

  postgresTest('gets one mark from any number of processes at once, and is known by it', async ({ database }) => {
    const redis = aRedis();
    const processes = await Promise.all(Array.from({ length: 4 }, () => database.connect()));
    const started = await Promise.all(processes.map((dataSource) => starts(dataSource, redis)));
    const [dataSource] = processes as [DataSource];
    const [queue] = await queueOf(dataSource);

    expect(await markIn(redis)).toContain(
      JSON.stringify({ format: 1, installation: await installationOf(dataSource), queue: queue?.queue_id }),
    );
    expect(started.flatMap(({ ended }) => ended)).toEqual([]);
  });

  postgresTest('refuses a cluster with another one, in which nothing is written', async ({ database, dataSource }) => {
    const [redis, other] = [aRedis(), aRedis()];
    const first = await starts(dataSource, redis);
    const before = [await queueOf(dataSource), await markIn(redis)];

    const says = await refused('queue_used_elsewhere', starts(await database.connect(), other));

    expect(says).toContain(`TIDEMARK_ADOPT_QUEUE=${await installationOf(dataSource)}`);
    expect([await queueOf(dataSource), await markIn(redis)]).toEqual(before);
    expect(await other.say('DBSIZE')).toBe(':0\r\n');
    expect(first.ended).toEqual([]);
  });

  postgresTest('refuses two clusters that begin at once with a Redis each, but one', async ({ database }) => {
    const both = await Promise.allSettled(
      [aRedis(), aRedis()].map(async (redis) => starts(await database.connect(), redis)),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  postgresTest('of another installation is refused and left as it is', async ({ dataSource }) => {
    const redis = aRedis();
    const other = await createTestDatabase();
    onTestFinished(() => other.drop());
    const theirs = await other.connect();
    await starts(theirs, redis);
    const before = await markIn(redis);

    const says = await refused('queue_of_another_installation', starts(dataSource, redis));

    for (const id of [await installationOf(dataSource), await installationOf(theirs)]) expect(says).toContain(id);
    expect(await markIn(redis)).toBe(before);
    for (const claim of open.splice(0)) claim.close();
    const adopt = await installationOf(dataSource);
    await starts(dataSource, redis, adopt);
    expect(await markIn(redis)).toContain(adopt);
  });

  postgresTest(
    'gets its mark back when it was emptied under its processes, and nobody ends',
    async ({ dataSource }) => {
      const redis = aRedis();
      const started = [await starts(dataSource, redis), await starts(dataSource, redis)];
      const before = await markIn(redis);

      await redis.say('FLUSHDB');
      await starts(dataSource, redis);

      expect(await markIn(redis)).toBe(before);
      expect(started.flatMap(({ ended }) => ended)).toEqual([]);
    },
  );

  postgresTest('is taken anew when it was emptied while nobody was there', async ({ dataSource }) => {
    const [redis, other] = [aRedis(), aRedis()];
    const { claim } = await starts(dataSource, redis);
    claim.close();
    await redis.say('FLUSHDB');
    await age(dataSource);
    await starts(dataSource, redis);
    expect(await markIn(redis)).toContain(await installationOf(dataSource));

    // As well as the one that has an older mark, once that is all there is.
    for (const opened of open.splice(0)) opened.close();
    await age(dataSource);
    await starts(dataSource, other);
    await refused('queue_used_elsewhere', starts(dataSource, redis));
    for (const opened of open.splice(0)) opened.close();
    await age(dataSource);
    const again = await starts(dataSource, redis);
    expect(again.ended).toEqual([]);
  });

  postgresTest('is marked by the next process where one died before it had marked it', async ({ dataSource }) => {
    const redis = aRedis();
    await stores(dataSource).installations.find();
    await stores(dataSource).installations.takeQueue('redis', () => Promise.resolve(true));
    await age(dataSource);

    await starts(dataSource, redis);

    const [queue] = await queueOf(dataSource);
    expect(await markIn(redis)).toContain(queue?.queue_id);
  });

  postgresTest('is left by all who have not heard of it when it is meant to be elsewhere', async ({ dataSource }) => {
    const [redis, other] = [aRedis(), aRedis()];
    const inPostgres = await starts(dataSource, POSTGRES);
    const adopt = await installationOf(dataSource);

    const inRedis = await starts(dataSource, redis, adopt);
    await vi.waitFor(() => {
      expect(inPostgres.ended).toEqual([expect.stringContaining('has its queue in redis') as string]);
    }, WAIT);

    const [one, two] = await Promise.all([starts(dataSource, other, adopt), starts(dataSource, other, adopt)]);
    await vi.waitFor(() => {
      expect(inRedis.ended).toEqual([expect.stringContaining('use a queue in another Redis') as string]);
    }, WAIT);
    expect(await markIn(other)).toContain((await queueOf(dataSource))[0]?.queue_id);
    expect([one.ended, two.ended]).toEqual([[], []]);
  });

  postgresTest('that cannot be reached holds up no start, and is judged once it can be', async ({ dataSource }) => {
    const home = await mkdtemp(join(tmpdir(), 'tidemark-redis-'));
    const redis = await ownRedis(home);
    onTestFinished(async () => {
      await redis.stop();
      await rm(home, { recursive: true, force: true });
    });
    const address: QueueAddress = { kind: 'redis', url: redis.url };
    await redis.kill();
    const { ended, warnings } = await starts(dataSource, address);
    expect(warnings).toEqual([expect.stringContaining('cannot be reached') as string]);

    await redis.restart();
    await redis.say(`SET ${QUEUES.runs.markKey} something`);
    await vi.waitFor(() => {
      expect(ended).toEqual([expect.stringContaining(QUEUES.runs.markKey) as string]);
    }, WAIT);
    expect(await redis.say(`GET ${QUEUES.runs.markKey}`)).toContain('something');
    expect(await queueOf(dataSource)).toEqual([{ queue_kind: null, queue_id: null }]);
  });

  postgresTest(
    'that is down is still used, and nobody else takes another meanwhile',
    async ({ database, dataSource }) => {
      const home = await mkdtemp(join(tmpdir(), 'tidemark-redis-'));
      const redis = await ownRedis(home);
      onTestFinished(async () => {
        await redis.stop();
        await rm(home, { recursive: true, force: true });
      });
      const address: QueueAddress = { kind: 'redis', url: redis.url };
      const other = aRedis();
      const first = await starts(dataSource, address);
      await redis.kill();

      const second = refused('queue_used_elsewhere', starts(await database.connect(), other));
      await vi.waitFor(async () => {
        const [row] = await dataSource.query<{ used: boolean }[]>(
          "SELECT queue_used_at > queue_seen_at + interval '6 s' AS used FROM installation",
        );
        expect(row?.used).toBe(true);
      }, WAIT);
      // It comes back empty.
      await redis.restart();
      await second;

      expect(first.ended).toEqual([]);
      expect(await other.say('DBSIZE')).toBe(':0\r\n');
      expect(await redis.say(`GET ${QUEUES.runs.markKey}`)).toContain((await queueOf(dataSource))[0]?.queue_id);
    },
  );
});
