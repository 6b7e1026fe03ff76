import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  rm,
  rmdir,
  stat,
  symlink,
  utimes,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { objectStoreContract } from '@tidemark/checkpoint/contract';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FsObjectStore } from './fs-object-store.js';

const folders: string[] = [];
const aFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-store-'));
  folders.push(folder);
  return folder;
};

afterEach(async () => {
  vi.restoreAllMocks();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

objectStoreContract('the file store', async () => {
  const root = await aFolder();
  return {
    store: await FsObjectStore.open(root),
    leaveLitter: async () => {
      await writeFile(join(root, '~uploads', 'half'), 'half an object');
      await mkdir(join(root, 'a', 'empty'), { recursive: true });
      await writeFile(join(root, 'a', 'half~'), 'half an object');
    },
  };
});

describe('the file store', () => {
  for (const failing of ['writeFile', 'sync'] as const) {
    it(`R14: says that the disk is full, and leaves nothing, when ${failing} finds no space`, async () => {
      const root = await aFolder();
      const store = await FsObjectStore.open(root);
      await store.put('a/before', Buffer.from('x'));
      vi.spyOn(await fileHandlePrototype(root), failing).mockRejectedValue(
        Object.assign(new Error('full'), { code: 'ENOSPC' }),
      );

      await expect(store.put('a/b', Buffer.from('y'))).rejects.toMatchObject({
        code: 'store_full',
        params: { path: 'a/b' },
      });

      vi.restoreAllMocks();
      expect(await store.list('a')).toEqual(['a/before']);
      expect(await readdir(join(root, '~uploads'))).toEqual([]);
    });
  }

  it('takes an object back when its folder cannot be synced', async () => {
    const root = await aFolder();
    const store = await FsObjectStore.open(root);
    await store.put('a/before', Buffer.from('x'));
    const prototype = await fileHandlePrototype(root);
    const sync = prototype.sync;
    // The first sync is the upload's, the second the folder's.
    vi.spyOn(prototype, 'sync').mockImplementationOnce(sync).mockRejectedValueOnce(new Error('EIO'));

    await expect(store.put('a/b', Buffer.from('y'))).rejects.toThrow('EIO');
    expect(await store.list('a')).toEqual(['a/before']);
  });

  it('says that an object exists once that is durable, whoever was killed while placing it', async () => {
    const root = await aFolder();
    await mkdir(join(root, 'a', 'b'), { recursive: true });
    await writeFile(join(root, 'a', 'b', 'c'), 'x');
    const store = await FsObjectStore.open(root);
    const prototype = await fileHandlePrototype(root);
    const { sync } = prototype;
    const synced: number[] = [];
    vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
      synced.push((await this.stat()).ino);
      await sync.call(this);
    });

    await expect(store.put('a/b/c', Buffer.from('y'))).rejects.toMatchObject({ code: 'object_exists' });
    for (const folder of ['.', 'a', 'a/b']) expect(synced).toContain((await stat(join(root, folder))).ino);
  });

  it('begins again when its folder is pruned before the object is in it', async () => {
    const root = await aFolder();
    const store = await FsObjectStore.open(root);
    const prototype = await fileHandlePrototype(root);
    const sync = prototype.sync;
    // The first sync is the upload's, the second that of the root with the new folder.
    vi.spyOn(prototype, 'sync')
      .mockImplementationOnce(sync)
      .mockImplementationOnce(() => rmdir(join(root, 'a')));

    await store.put('a/b', Buffer.from('x'));
    expect(await store.list('a')).toEqual(['a/b']);
  });

  it('follows no symbolic link out of its root', async () => {
    const root = await aFolder();
    const outside = await aFolder();
    await writeFile(join(outside, 'secret'), 'secret');
    const store = await FsObjectStore.open(root);
    await symlink(outside, join(root, 'way-out'));
    await symlink(join(outside, 'secret'), join(root, 'secret'));

    await expect(store.get('way-out/secret')).rejects.toMatchObject({ code: 'object_path_refused' });
    await expect(store.get('secret')).rejects.toMatchObject({ code: 'object_path_refused' });
    await expect(store.put('way-out/new', Buffer.from('x'))).rejects.toMatchObject({ code: 'object_path_refused' });
    await expect(store.remove('way-out/secret')).rejects.toMatchObject({ code: 'object_path_refused' });
    expect(await readdir(outside)).toEqual(['secret']);
  });

  it('works below a root that is itself reached by a symbolic link', async () => {
    const root = await aFolder();
    const alias = join(await aFolder(), 'alias');
    await symlink(root, alias);
    const store = await FsObjectStore.open(alias);
    await store.put('a/b', Buffer.from('x'));
    expect(Buffer.from(await store.get('a/b')).toString()).toBe('x');
  });

  it('leaves no empty folders when objects are removed while others are written beside them', async () => {
    const root = await aFolder();
    const store = await FsObjectStore.open(root);
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        await store.put(`job/t1/b${index % 4}/file-${index}`, Buffer.from('x'));
        await store.remove(`job/t1/b${index % 4}/file-${index}`);
      }),
    );
    expect(await readdir(root)).toEqual(['~uploads']);
  });

  it('clears away the uploads of a crashed process after an hour, and no earlier', async () => {
    const root = await aFolder();
    await FsObjectStore.open(root);
    const young = join(root, '~uploads', 'young');
    const old = join(root, '~uploads', 'old');
    await writeFile(young, 'x');
    await writeFile(old, 'x');
    const twoHoursAgo = Date.now() / 1000 - 2 * 60 * 60;
    await utimes(old, twoHoursAgo, twoHoursAgo);

    await FsObjectStore.open(root);
    expect(await readdir(join(root, '~uploads'))).toEqual(['young']);
  });
});

/** All open files share one prototype, so a fault planted there hits the store's own writes. */
async function fileHandlePrototype(folder: string): Promise<FileHandle> {
  const handle = await open(folder, 'r');
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}
