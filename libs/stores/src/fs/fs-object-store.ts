import { randomUUID } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { link, mkdir, open, readdir, realpath, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isObjectSegment, objectSegments, ObjectStore } from '@tidemark/checkpoint';
import { TidemarkError } from '@tidemark/domain';

/** `~` is in no object path, so an upload that was cut off can never be taken for an object. */
const UPLOADS = '~uploads';
const UPLOAD_ABANDONED_AFTER_MS = 60 * 60 * 1000;
/** A folder can be pruned by a `remove` between its creation and the link into it. */
const PLACE_ATTEMPTS = 5;
const DURABLE_MAX = 10_000;

/**
 * Objects as files below one folder. Any number of processes may share it: a file appears at its path by a hard link
 * of a finished, synced upload, so nobody ever sees half an object and the second of two writers loses.
 */
export class FsObjectStore extends ObjectStore {
  /** Folders that this process has found or made durable. */
  private readonly durable = new Set<string>();

  private constructor(private readonly root: string) {
    super();
  }

  /** Creates the folder if it is missing, and clears away uploads that were abandoned long ago. */
  static async open(root: string): Promise<FsObjectStore> {
    await mkdir(join(root, UPLOADS), { recursive: true });
    const store = new FsObjectStore(await realpath(root));
    await store.clearAbandonedUploads();
    return store;
  }

  override async put(path: string, bytes: Uint8Array): Promise<void> {
    const segments = objectSegments(path);
    const upload = join(this.root, UPLOADS, randomUUID());
    try {
      await writeDurably(upload, bytes);
      await this.place(upload, path, segments);
    } catch (error) {
      throw asStoreError(error, path);
    } finally {
      await unlink(upload).catch(ignoreMissing);
    }
  }

  override async get(path: string): Promise<Uint8Array> {
    const segments = objectSegments(path);
    try {
      await this.refuseSymlinks(path, segments.slice(0, -1));
      const file = await open(join(this.root, ...segments), constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        return await file.readFile();
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) throw new TidemarkError('object_missing', { path });
      throw asStoreError(error, path);
    }
  }

  override async remove(path: string): Promise<void> {
    const segments = objectSegments(path);
    try {
      await this.refuseSymlinks(path, segments.slice(0, -1));
      await unlink(join(this.root, ...segments));
    } catch (error) {
      if (isCode(error, 'ENOENT', 'ENOTDIR')) return;
      throw asStoreError(error, path);
    }
    await this.pruneEmptyFolders(segments.slice(0, -1));
  }

  override async list(prefix: string): Promise<readonly string[]> {
    const found: string[] = [];
    await this.collect(objectSegments(prefix), found);
    return found.sort();
  }

  override async folders(prefix: string): Promise<readonly string[]> {
    const segments = objectSegments(prefix);
    const names: string[] = [];
    for (const entry of await this.entries(segments)) {
      // A folder may be left empty for a moment; only what has objects counts.
      if (entry.isDirectory() && (await this.holdsObject([...segments, entry.name]))) names.push(entry.name);
    }
    return names.sort();
  }

  private async place(upload: string, path: string, segments: readonly string[]): Promise<void> {
    const target = join(this.root, ...segments);
    for (let attempt = 1; ; attempt += 1) {
      await this.makeFolders(segments.slice(0, -1));
      await this.refuseSymlinks(path, segments.slice(0, -1));
      try {
        await link(upload, target);
        break;
      } catch (error) {
        // Whoever placed the object may have been killed before its name was durable; now it is.
        if (isCode(error, 'EEXIST')) await syncFolder(dirname(target));
        if (!isCode(error, 'ENOENT') || attempt === PLACE_ATTEMPTS) throw error;
      }
    }
    try {
      await syncFolder(dirname(target));
    } catch (error) {
      await unlink(target).catch(ignoreMissing);
      throw error;
    }
  }

  /**
   * Each folder is synced into its parent, or a power cut could lose it with everything below. One that is there
   * already too: whoever made it may have been killed in between.
   */
  private async makeFolders(segments: readonly string[]): Promise<void> {
    let folder = this.root;
    for (const segment of segments) {
      const parent = folder;
      folder = join(parent, segment);
      try {
        await mkdir(folder);
      } catch (error) {
        // Pruned meanwhile: the link fails in the same way, and the caller begins again.
        if (isCode(error, 'ENOENT')) return;
        if (!isCode(error, 'EEXIST')) throw error;
        if (this.durable.has(folder)) continue;
      }
      await syncFolder(parent).catch(ignoreMissing);
      this.remember(folder);
    }
  }

  private remember(folder: string): void {
    if (this.durable.size === DURABLE_MAX) this.durable.clear();
    this.durable.add(folder);
  }

  private async refuseSymlinks(path: string, folders: readonly string[]): Promise<void> {
    const expected = join(this.root, ...folders);
    let actual: string;
    try {
      actual = await realpath(expected);
    } catch (error) {
      if (isCode(error, 'ENOENT')) return;
      throw error;
    }
    if (actual !== expected)
      throw new TidemarkError('object_path_refused', { path, reason: 'a part of it is a symbolic link' });
  }

  private async pruneEmptyFolders(segments: readonly string[]): Promise<void> {
    await syncFolder(join(this.root, ...segments)).catch(ignoreMissing);
    for (let depth = segments.length; depth > 0; depth -= 1) {
      const folder = join(this.root, ...segments.slice(0, depth));
      this.durable.delete(folder);
      try {
        await rmdir(folder);
      } catch {
        // Not empty, or somebody else was faster; either way there is nothing more to prune.
        return;
      }
    }
  }

  private async collect(segments: readonly string[], found: string[]): Promise<void> {
    for (const entry of await this.entries(segments)) {
      if (entry.isDirectory()) await this.collect([...segments, entry.name], found);
      else if (entry.isFile()) found.push([...segments, entry.name].join('/'));
    }
  }

  private async holdsObject(segments: readonly string[]): Promise<boolean> {
    for (const entry of await this.entries(segments)) {
      if (entry.isFile()) return true;
      if (entry.isDirectory() && (await this.holdsObject([...segments, entry.name]))) return true;
    }
    return false;
  }

  /** What may be a part of an object's path. */
  private async entries(segments: readonly string[]): Promise<readonly Dirent[]> {
    try {
      const entries = await readdir(join(this.root, ...segments), { withFileTypes: true });
      return entries.filter(({ name }) => isObjectSegment(name));
    } catch (error) {
      if (isCode(error, 'ENOENT', 'ENOTDIR')) return [];
      throw error;
    }
  }

  private async clearAbandonedUploads(): Promise<void> {
    const uploads = join(this.root, UPLOADS);
    for (const name of await readdir(uploads)) {
      const upload = join(uploads, name);
      const found = await stat(upload).catch(ignoreMissing);
      if (found !== undefined && Date.now() - found.mtimeMs > UPLOAD_ABANDONED_AFTER_MS)
        await unlink(upload).catch(ignoreMissing);
    }
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A name is durable only when the folder that holds it is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function asStoreError(error: unknown, path: string): unknown {
  if (isCode(error, 'ENOSPC', 'EDQUOT')) return new TidemarkError('store_full', { path }, { cause: error });
  if (isCode(error, 'EEXIST')) return new TidemarkError('object_exists', { path }, { cause: error });
  if (isCode(error, 'ENOTDIR'))
    return new TidemarkError('object_path_refused', { path, reason: 'a part of it is an object' });
  if (isCode(error, 'ELOOP'))
    return new TidemarkError('object_path_refused', { path, reason: 'it is a symbolic link' });
  return error;
}

function ignoreMissing(error: unknown): undefined {
  if (!isCode(error, 'ENOENT')) throw error;
  return undefined;
}

const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));
