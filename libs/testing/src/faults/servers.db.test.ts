import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PostgresProxy } from './postgres-proxy.js';
import { hasRedis, ownPostgres, ownRedis } from './servers.js';

const PAUSED_MS = 300;

async function aHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'tidemark-own-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  return home;
}

/** A connection whose end is not an error of the test. */
async function connected(url: string, application = 'test'): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: application });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  return client;
}

const settled = (work: Promise<unknown>, ms: number): Promise<boolean> =>
  Promise.race([work.then(() => true), new Promise<boolean>((resolve) => setTimeout(resolve, ms, false))]);

describe('a Postgres of a test', () => {
  it('is paused, goes on, is killed, and comes back with what was committed', async () => {
    const server = await ownPostgres(await aHome());
    onTestFinished(() => server.stop());
    const client = await connected(server.url);
    await client.query('CREATE TABLE kept AS SELECT 1 AS one');

    const goOn = await server.pause();
    const answer = client.query('SELECT 1');
    expect(await settled(answer, PAUSED_MS)).toBe(false);
    goOn();
    await answer;

    await server.kill();
    await expect(connected(server.url)).rejects.toThrow();
    await server.restart();
    expect((await (await connected(server.url)).query('SELECT * FROM kept')).rows).toEqual([{ one: 1 }]);
  });

  it('has committed what its client never hears of, when the answer is cut off', async () => {
    const server = await ownPostgres(await aHome(), { fsync: 'off' });
    onTestFinished(() => server.stop());
    const proxy = await PostgresProxy.open(server.address);
    onTestFinished(() => proxy.tcp.close());
    const direct = await connected(server.url);
    await direct.query('CREATE TABLE t (n integer)');
    const [victim, other] = [
      await connected(proxy.tcp.through(server.url), 'victim'),
      await connected(proxy.tcp.through(server.url), 'other'),
    ];

    proxy.cutInsteadOfAnswer({ statement: /^COMMIT/, application: 'victim' });
    await other.query('BEGIN');
    await other.query('INSERT INTO t VALUES (1)');
    await other.query('COMMIT');
    await victim.query('BEGIN');
    await victim.query('INSERT INTO t VALUES (2)');
    expect(proxy.count).toBe(0);
    await expect(victim.query('COMMIT')).rejects.toThrow('Connection terminated unexpectedly');
    expect(proxy.count).toBe(1);

    // Also a single statement with parameters, which commits by itself.
    const again = await connected(proxy.tcp.through(server.url), 'victim');
    proxy.cutInsteadOfAnswer({ statement: /INSERT INTO t/ });
    await expect(again.query('INSERT INTO t VALUES ($1)', [3])).rejects.toThrow('Connection terminated unexpectedly');
    expect((await direct.query('SELECT n FROM t ORDER BY n')).rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });
});

describe('a Redis of a test', () => {
  it.skipIf(!hasRedis())('is paused, goes on, is killed, and comes back empty (needs redis-server)', async () => {
    const server = await ownRedis(await aHome());
    onTestFinished(() => server.stop());
    const { say } = server;
    expect(await say('SET kept 1')).toBe('+OK\r\n');

    const goOn = await server.pause();
    const answer = say('GET kept');
    expect(await settled(answer, PAUSED_MS)).toBe(false);
    goOn();
    expect(await answer).toBe('$1\r\n1\r\n');

    await server.kill();
    await expect(say('GET kept')).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    expect(await say('GET kept')).toBe('$-1\r\n');
  });
});
