import { constants } from 'node:fs';
import { lstat, mkdir, open, readlink, realpath, stat, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { TidemarkError } from '@tidemark/domain';
import { refused, type ConnectorContext } from './connector.js';
import { isCode, syncFolder } from './durable-file.js';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Where Linux shows the open files of a process, as links that lead to the very file, wherever it lies by then. */
const OPEN_FILES = '/proc/self/fd';

type Roots = Pick<ConnectorContext, 'filesRoot' | 'tenantName'>;

/** `outside`: a symbolic link on the way leaves the tenant's folder. */
export type Opened<T> = { readonly outcome: 'opened'; readonly it: T } | { readonly outcome: 'outside' };

/**
 * A folder of a tenant, held open: what is done through it is done in this one, whatever is put at its path meanwhile.
 * Where the system does not show open files as paths (it does on Linux), its real path stands in for it.
 */
export class TenantFolder {
  /** Leads to the open folder itself, or to where it was when it was opened. */
  readonly path: string;

  private constructor(
    private readonly handle: FileHandle,
    private readonly where: Where,
  ) {
    this.path = where.isShown ? shownAs(handle) : where.real;
  }

  /** Fails as the file system says: with `ENOENT` if there is none, with `ENOTDIR` if there is a file on the way. */
  static async open(roots: Roots, path: string): Promise<Opened<TenantFolder>> {
    const root = await tenantRoot(roots);
    return TenantFolder.enter(join(root, path), root);
  }

  /** As {@link TenantFolder.open}, but creates the folders that are missing, durably. */
  static async openOrCreate(roots: Roots, path: string): Promise<Opened<TenantFolder>> {
    await mkdir(join(roots.filesRoot, roots.tenantName), { recursive: true });
    await syncFolder(roots.filesRoot);
    const root = await tenantRoot(roots);
    let at = await TenantFolder.enter(root, root);
    for (const segment of path.split('/')) {
      if (at.outcome !== 'opened') break;
      const parent = at.it;
      try {
        await parent.create(segment);
        // Also one that was there: whoever made it may have been killed before it was durable.
        await parent.sync();
        at = await TenantFolder.enter(parent.at(segment), root);
      } finally {
        await parent.close();
      }
    }
    return at;
  }

  /** Where `name` in it is. What opens it says whether it follows a link there. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** A folder in it. Throws `connector_refused` where a link stands in its place. */
  async inner(uid: string, name: string): Promise<TenantFolder> {
    try {
      const handle = await open(this.at(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      return new TenantFolder(handle, { ...this.where, real: join(this.where.real, name) });
    } catch (error) {
      throw await this.sayLink(uid, name, error);
    }
  }

  /** The bytes of a file in it. Throws `connector_refused` where a link stands in its place. */
  async bytesOf(uid: string, name: string): Promise<Buffer> {
    try {
      const file = await open(this.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      try {
        return await file.readFile();
      } finally {
        await file.close();
      }
    } catch (error) {
      throw await this.sayLink(uid, name, error);
    }
  }

  /** Throws `connector_refused` where a link stands in its place. */
  async has(uid: string, name: string): Promise<boolean> {
    try {
      if ((await lstat(this.at(name))).isSymbolicLink()) throw refusedLink(uid, name);
      return true;
    } catch (error) {
      if (isCode(error, 'ENOENT')) return false;
      throw error;
    }
  }

  async create(name: string): Promise<'made' | 'there already'> {
    try {
      await mkdir(this.at(name));
      return 'made';
    } catch (error) {
      if (isCode(error, 'EEXIST')) return 'there already';
      throw error;
    }
  }

  /** Makes the names in it durable. */
  sync(): Promise<void> {
    return this.handle.sync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  private static async enter(path: string, root: string): Promise<Opened<TenantFolder>> {
    const handle = await open(path, O_RDONLY | O_DIRECTORY);
    return demandInside(handle, { path, root }, (where) => new TenantFolder(handle, where));
  }

  /** Systems differ in how they say that they do not follow a link. */
  private async sayLink(uid: string, name: string, error: unknown): Promise<unknown> {
    if (!isCode(error, 'ELOOP', 'ENOTDIR')) return error;
    const found = await lstat(this.at(name)).catch(() => undefined);
    return found?.isSymbolicLink() === true ? refusedLink(uid, name) : error;
  }
}

/**
 * Opens a file to be read. `outside`: what was opened lies outside of `root`, whatever the path said before. What is no
 * regular file, a pipe for example, does not make this wait; a link in the file's place is not followed.
 */
export async function openInside(path: string, root: string): Promise<Opened<FileHandle>> {
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  return demandInside(file, { path, root }, () => file);
}

/** Where the tenant's files really are: an operator may have them behind a link. */
export const tenantRoot = (roots: Roots): Promise<string> => realpath(join(roots.filesRoot, roots.tenantName));

interface Where {
  readonly real: string;
  readonly isShown: boolean;
}

/** Closes what turns out to be outside. */
async function demandInside<T>(
  handle: FileHandle,
  { path, root }: { readonly path: string; readonly root: string },
  use: (where: Where) => T,
): Promise<Opened<T>> {
  let isInside = false;
  try {
    const where = await whereIs(handle, path);
    isInside = where.real === root || where.real.startsWith(root.endsWith(sep) ? root : root + sep);
    return isInside ? { outcome: 'opened', it: use(where) } : { outcome: 'outside' };
  } finally {
    if (!isInside) await handle.close();
  }
}

async function whereIs(handle: FileHandle, path: string): Promise<Where> {
  try {
    return { real: await readlink(shownAs(handle)), isShown: true };
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
    const real = await realpath(path);
    const [opened, there] = await Promise.all([handle.stat(), stat(real)]);
    // What was opened is no longer what its path leads to: nobody can say where it lies.
    return { real: opened.ino === there.ino && opened.dev === there.dev ? real : '', isShown: false };
  }
}

const shownAs = (handle: FileHandle): string => `${OPEN_FILES}/${handle.fd}`;

const refusedLink = (uid: string, name: string): TidemarkError =>
  refused(uid, `option "path": "${name}" in it is a symbolic link`);
