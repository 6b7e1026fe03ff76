import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimStore, MARK_PATH } from '@tidemark/checkpoint';
import { bundlePaths, isId, isTidemarkError } from '@tidemark/domain';
import {
  aCheckpoint,
  aClaimedRun,
  aDigest,
  aSubmittedJob,
  aTenant,
  aWrittenCheckpoint,
  stores,
  type DataSource,
} from '@tidemark/persistence/testing';
import { FsObjectStore } from '@tidemark/stores';
import { createTestDatabase, postgresTest } from '@tidemark/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { WatchStore } from './watch-store.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const folders: string[] = [];

async function aStore(): Promise<{ readonly store: FsObjectStore; readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-store-'));
  folders.push(folder);
  return { store: await FsObjectStore.open(folder), folder };
}

beforeEach(() => {
  Logger.overrideLogger(false);
});
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** What every process asks when it starts; another pool is another process. */
const starts = (dataSource: DataSource, store: FsObjectStore, adopt?: string): Promise<string> =>
  claimStore(store, stores(dataSource).installations, { adopt });

const refused = async (code: string, start: Promise<unknown>): Promise<string> => {
  const error = await start.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(isTidemarkError(error) ? error.code : error).toBe(code);
  return isTidemarkError(error) ? error.message : '';
};

/** A database of before there were marks: it has a checkpoint, and objects lie where `store` says. */
async function aUsedDatabase(dataSource: DataSource, store?: FsObjectStore): Promise<string> {
  const tenantId = await aTenant(dataSource);
  const jobId = await aSubmittedJob(dataSource, tenantId);
  const { claimed, runs } = await aClaimedRun(dataSource);
  const path = `${tenantId}/${jobId}/t1/b1-e1-x`;
  await runs.beginCheckpoint(claimed.fence, aCheckpoint('ckp_1', 1, { path }));
  await runs.completeCheckpoint(claimed.fence, aCheckpoint('ckp_1', 1).id, aWrittenCheckpoint);
  await store?.put(`${path}/manifest.json`, bytes('{}'));
  await store?.put(bundlePaths(tenantId, aDigest()).code, bytes(''));
  return path;
}

describe('an installation', () => {
  postgresTest('gets one id and marks one store, by any number of processes at once', async ({ database }) => {
    const { store } = await aStore();
    const processes = await Promise.all(Array.from({ length: 4 }, () => database.connect()));

    const ids = await Promise.all(processes.map((dataSource) => starts(dataSource, store)));

    expect(new Set(ids).size).toBe(1);
    expect(isId('installation', ids[0] ?? '')).toBe(true);
    expect(JSON.parse(new TextDecoder().decode(await store.get(MARK_PATH)))).toEqual({
      format: 1,
      installation: ids[0],
    });
  });

  postgresTest('takes the store of one of two processes that start with a folder each', async ({ database }) => {
    const both = [await aStore(), await aStore()];
    const started = await Promise.allSettled(both.map(async ({ store }) => starts(await database.connect(), store)));

    expect(started.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const marked = await Promise.all(both.map(async ({ folder }) => (await readdir(folder)).includes(MARK_PATH)));
    expect(marked.filter((isMarked) => isMarked)).toHaveLength(1);
  });

  postgresTest('refuses the store of another, of which nothing is changed', async ({ dataSource }) => {
    const { store } = await aStore();
    const other = await createTestDatabase();
    const [ours, theirs] = [dataSource, await other.connect()];
    const theirId = await starts(theirs, store);
    const before = await store.get(MARK_PATH);

    const says = await refused('store_of_another_installation', starts(ours, store));

    const { id } = await stores(ours).installations.find();
    for (const named of [id, theirId, 'TIDEMARK_OBJECTS_DIR', 'TIDEMARK_DATABASE_URL']) expect(says).toContain(named);
    await refused('store_of_another_installation', starts(ours, store, id));
    expect(await store.get(MARK_PATH)).toEqual(before);
    await other.drop();
  });

  postgresTest('refuses an empty folder in place of its own, unless that is meant', async ({ dataSource }) => {
    const { store: own } = await aStore();
    const { store: empty, folder } = await aStore();
    const id = await starts(dataSource, own);

    expect(await refused('store_not_marked', starts(dataSource, empty))).toContain(`TIDEMARK_ADOPT_STORE=${id}`);
    await refused('store_not_marked', starts(dataSource, empty, `ins_${'0'.repeat(32)}`));
    expect(await readdir(folder)).toEqual(['~uploads']);

    expect(await starts(dataSource, empty, id)).toBe(id);
    expect(await starts(dataSource, empty)).toBe(id);
  });

  postgresTest('refuses a store whose mark nobody can read', async ({ dataSource }) => {
    for (const text of ['', '{', '{"format":2}', 'null']) {
      const { store } = await aStore();
      await store.put(MARK_PATH, bytes(text));
      await refused('store_mark_unreadable', starts(dataSource, store));
    }
  });

  postgresTest('of before there were marks takes its store over, once', async ({ dataSource }) => {
    const { store } = await aStore();
    await aUsedDatabase(dataSource, store);
    await starts(dataSource, store);
    const { store: later } = await aStore();
    await refused('store_not_marked', starts(dataSource, later));
  });

  postgresTest('of before there were marks refuses a store without its objects', async ({ dataSource }) => {
    const { store, folder } = await aStore();
    const path = await aUsedDatabase(dataSource);

    const says = await refused('store_without_objects', starts(dataSource, store));

    expect(says).toContain(`${path}/manifest.json`);
    expect(await readdir(folder)).toEqual(['~uploads']);
    const { id, storeMarked } = await stores(dataSource).installations.find();
    expect(storeMarked).toBe(false);
    expect(await starts(dataSource, store, id)).toBe(id);
  });

  postgresTest('knows its store again that a process has marked and not lived to note', async ({ dataSource }) => {
    const { store } = await aStore();
    await starts(dataSource, store);
    await dataSource.query('UPDATE installation SET store_marked_at = NULL');

    await starts(dataSource, store);

    expect((await stores(dataSource).installations.find()).storeMarked).toBe(true);
  });
});

describe('a scheduler at work', () => {
  postgresTest(
    'ends when its store is not there any more, and not when that does not answer',
    async ({ dataSource }) => {
      const { store } = await aStore();
      const { installations } = stores(dataSource);
      await starts(dataSource, store);
      let ended = 0;
      const watch = (of: FsObjectStore): WatchStore => new WatchStore(of, installations, () => (ended += 1));
      await watch(store).pass();
      expect(ended).toBe(0);

      const { store: silent } = await aStore();
      silent.get = () => Promise.reject(new Error('EIO'));
      await expect(watch(silent).pass()).rejects.toThrow('EIO');
      expect(ended).toBe(0);

      await store.remove(MARK_PATH);
      await watch(store).pass();
      expect(ended).toBe(1);
    },
  );
});
