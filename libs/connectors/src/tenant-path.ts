import { mkdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { z } from 'zod';
import type { ConnectorContext } from './connector.js';
import { isCode, syncFolder } from './durable-file.js';

const PATH_LENGTH_MAX = 400;

/** A path option. It is looked up below the tenant's own folder. */
export const tenantPath = z
  .string()
  .max(PATH_LENGTH_MAX)
  .refine((path) => path.split('/').every(isPlainSegment), {
    message: 'a path below your files folder is needed, of plain segments such as "flights/2001"',
  });

type Roots = Pick<ConnectorContext, 'filesRoot' | 'tenantName'>;

/** `outside`: a symbolic link on the way leaves the tenant's folder. */
export type Located =
  { readonly outcome: 'found'; readonly path: string } | { readonly outcome: 'missing' | 'outside' };

/** Where `path` really lies, after every symbolic link. */
export async function locate(roots: Roots, path: string): Promise<Located> {
  try {
    const root = await realpath(join(roots.filesRoot, roots.tenantName));
    return inside(root, await realpath(join(root, path)));
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return { outcome: 'missing' };
    throw error;
  }
}

/** As {@link locate}, but creates the folders that are missing. A path through a file fails as the file system says. */
export async function locateOrCreate(roots: Roots, path: string): Promise<Located> {
  await mkdir(join(roots.filesRoot, roots.tenantName), { recursive: true });
  await syncFolder(roots.filesRoot);
  const root = await realpath(join(roots.filesRoot, roots.tenantName));
  let folder = root;
  for (const segment of path.split('/')) {
    await createFolder(folder, segment);
    const located = inside(root, await realpath(join(folder, segment)));
    if (located.outcome !== 'found') return located;
    folder = located.path;
  }
  return { outcome: 'found', path: folder };
}

/** How a tenant's path is shown to the tenant: without where the service keeps its files. */
export const shownPath = (roots: Roots, path: string): string => `${roots.tenantName}/${path}`;

async function createFolder(parent: string, name: string): Promise<void> {
  try {
    await mkdir(join(parent, name));
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
  // Also one that was there: whoever made it may have been killed before it was durable.
  await syncFolder(parent);
}

const inside = (root: string, path: string): Located =>
  path === root || path.startsWith(root + sep) ? { outcome: 'found', path } : { outcome: 'outside' };

const isPlainSegment = (segment: string): boolean =>
  segment !== '' && segment !== '.' && segment !== '..' && !/[\0\\]/.test(segment);
