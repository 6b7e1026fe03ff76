import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coldStoreContract } from '@tidemark/engine/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LmdbColdStore } from './lmdb-cold-store.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-cold-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const opened = (bytesMax = 2 ** 40): Promise<LmdbColdStore> => LmdbColdStore.open({ folder, bytesMax });

coldStoreContract('LmdbColdStore', opened);

it.skipIf(process.platform === 'win32')('leaves nothing behind, however its process ends', async () => {
  const store = await opened();
  await store.write('s', [{ key: Buffer.from('k'), row: Buffer.from('r') }]);
  expect(await readdir(folder)).toEqual([]);
  await store.close();
});

it('refuses to grow over its bound, and keeps what it has', async () => {
  const store = await opened(1_000_000);
  const rows = (from: number) =>
    Array.from({ length: 100 }, (_, i) => ({ key: Buffer.from(`key-${from + i}`), row: Buffer.alloc(1_000) }));
  const filling = async (): Promise<void> => {
    for (let from = 0; from < 10_000; from += 100) await store.write('s', rows(from));
  };
  await expect(filling()).rejects.toMatchObject({ code: 'store_full' });
  expect(store.count('s')).toBeGreaterThan(500);
  await store.close();
});
