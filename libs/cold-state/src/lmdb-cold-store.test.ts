import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { coldStoreContract } from '@tidemark/engine/contract';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LmdbColdStore } from './lmdb-cold-store.js';

const run = promisify(execFile);
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

/** Fills a store until it can write no more, and says how that ended and whether anything else went wrong. */
const FILLING = `
import { LmdbColdStore } from './lmdb-cold-store.js';
process.on('unhandledRejection', (error) => console.log('unhandled', error));
const store = await LmdbColdStore.open({ folder: process.argv[2], bytesMax: 2 ** 40 });
const rows = (from) => Array.from({ length: 5_000 }, (_, i) => ({ key: Buffer.from('k' + (from + i)), row: Buffer.alloc(100) }));
let from = 0;
try { for (; from < 200_000; from += 5_000) await store.write('s', rows(from)); } catch (error) { console.log(error.code); }
console.log(store.count('s') >= from && from > 0);
await store.close();
`;

it.skipIf(process.platform === 'win32')('fails the write, and nothing else, when the disk is full', async () => {
  const lmdb = fileURLToPath(import.meta.resolve('lmdb'));
  const script = join(folder, 'filling.mjs');
  await build({
    stdin: { contents: FILLING, resolveDir: import.meta.dirname },
    outfile: script,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@tidemark/source'],
    alias: { lmdb },
    external: [lmdb],
  });
  // No file of this process may be longer than two megabytes: to a program, that is a full disk.
  const limited = `trap '' XFSZ; ulimit -f 2048; exec "$0" "$1" "$2"`;
  const { stdout } = await run('bash', ['-c', limited, process.execPath, script, folder]);
  expect(stdout.trim().split('\n')).toEqual(['store_full', 'true']);
});
