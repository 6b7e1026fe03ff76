import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDataSource } from '@tidemark/persistence';
import { ownPostgres, type OwnServer } from '@tidemark/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDatabaseAway } from './database-away.js';

let folder: string;
let server: OwnServer;
let dataSource: ReturnType<typeof createDataSource>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-away-'));
  server = await ownPostgres(folder);
  dataSource = createDataSource({ url: server.url, poolSize: 2, applicationName: 'a test' });
  await dataSource.initialize();
});
afterEach(async () => {
  await dataSource.destroy();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const isAway = (work: Promise<unknown>): Promise<boolean | undefined> => work.then(() => undefined, isDatabaseAway);

describe('a database that is away', () => {
  it('is told from one that refuses what it is asked', async () => {
    expect(await isAway(dataSource.query('SELECT 1'))).toBe(undefined);
    expect(await isAway(dataSource.query('SELECT nothing'))).toBe(false);
    expect(await isAway(dataSource.query('SELECT 1 / 0'))).toBe(false);
  });

  it('is known while a statement runs, when one is to begin, within a transaction, and until it is back', async () => {
    const waiting = dataSource.query('SELECT pg_sleep(60)');
    const within = dataSource.transaction(async (tx) => {
      await tx.query('SELECT 1');
      await server.kill();
      await tx.query('SELECT 2');
    });
    expect(await isAway(waiting)).toBe(true);
    expect(await isAway(within)).toBe(true);
    expect(await isAway(dataSource.query('SELECT 1'))).toBe(true);

    await server.restart();
    expect(await isAway(dataSource.query('SELECT 1'))).toBe(undefined);
  });

  it('is known where an operator ends the session', async () => {
    const ended = dataSource.transaction(async (tx) => {
      const [{ pid }] = await tx.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
      await dataSource.query('SELECT pg_terminate_backend($1)', [pid]);
      await tx.query('SELECT 1');
    });
    expect(await isAway(ended)).toBe(true);
  });
});
