import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from './postmaster.js';
import { type PostgresOptions, type RunningPostgres, startPostgres } from './start-postgres.js';

describe('the embedded Postgres', { timeout: 30_000 }, () => {
  let home: string;
  let dataDir: string;
  let started: RunningPostgres[];
  const start = async (options: Partial<PostgresOptions> = {}): Promise<RunningPostgres> => {
    const postgres = await startPostgres({ dataDir, settings: { fsync: 'off' }, ...options });
    started.push(postgres);
    return postgres;
  };

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'tidemark-postgres-'));
    dataDir = join(home, 'postgres');
    started = [];
  });
  afterEach(async () => {
    for (const postgres of started) await postgres.stop();
    await rm(home, { recursive: true, force: true });
  });

  it('keeps what was written over a clean stop, and its password readable for its owner alone', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await first.stop();
    const second = await start();
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    expect((await stat(join(home, 'postgres.password'))).mode & 0o777).toBe(0o600);
  });

  it('lets nobody in without the password', async () => {
    const { url, password } = await start();
    await expect(query(url.replace(password, 'guess'), 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  });

  it('recovers after its postmaster was killed', async () => {
    const first = await start({ settings: {} });
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    process.kill(first.pid, 'SIGKILL');
    const second = await start({ settings: {} });
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  });

  it('takes over from a postmaster that still runs on the same data', async () => {
    const left = await start();
    const client = new Client(left.url);
    client.on('error', () => undefined);
    await client.connect();
    const next = await start();
    expect(await isAlive(left.pid)).toBe(false);
    expect(await query(next.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('starts although the pid of its dead postmaster belongs to another program now', async () => {
    const first = await start();
    await first.stop();
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { ...someoneElse() });
    await once(other, 'spawn');
    await writeFile(join(dataDir, 'postmaster.pid'), `${other.pid}\n${dataDir}\n1\n5432\n\n127.0.0.1\n  1 1\nready\n`);
    const second = await start();
    expect(await query(second.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    expect(other.exitCode).toBeNull();
    other.kill();
  });

  it('begins again after the very first start was killed half-way', async () => {
    await mkdir(`${dataDir}.half`);
    await writeFile(join(home, 'postgres.password'), 'of the attempt before\n');
    const { url } = await start();
    expect(await query(url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('refuses the data of another major version in one sentence and leaves it alone', async () => {
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'PG_VERSION'), '21\n');
    await expect(start()).rejects.toMatchObject({ code: 'postgres_data_other_version', params: { found: '21' } });
    expect(await readFile(join(dataDir, 'PG_VERSION'), 'utf8')).toBe('21\n');
  });

  it('refuses a folder that holds something else', async () => {
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'thesis.tex'), '');
    await expect(start()).rejects.toMatchObject({ code: 'postgres_not_started' });
  });

  it('names the port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(start({ port })).rejects.toThrow(new RegExp(`port ${port} is taken`));
    server.close();
  });
});

/** A process of the account that Postgres runs under: one of root's does not disturb it. */
const someoneElse = (): { uid?: number; cwd: string } => ({
  cwd: '/',
  ...(process.getuid?.() === 0 ? { uid: 65_534 } : {}),
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
