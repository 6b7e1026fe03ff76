import { link, open, unlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';

/** A folder that is held open, see tenant-folder.ts. */
interface HeldFolder {
  at(name: string): string;
  sync(): Promise<void>;
}

/**
 * Makes a whole file appear under a name. A file that is there already stays as it is, and of many writers exactly one
 * places its own. Either way there is one when this resolves, and it is durable. `uploads` is a folder on the same file
 * system; a writer that is killed leaves at most a file in it.
 */
export async function placeFile(
  target: { readonly folder: HeldFolder; readonly name: string },
  bytes: Uint8Array,
  uploads: HeldFolder,
): Promise<'placed' | 'taken'> {
  const upload = uploads.at(randomUUID());
  try {
    await writeSynced(upload, bytes);
    const outcome = await linkOnce(upload, target.folder.at(target.name));
    // Also what another has placed: it may have been killed before it came to this line.
    await target.folder.sync();
    return outcome;
  } finally {
    await unlink(upload).catch((error: unknown) => {
      if (!isCode(error, 'ENOENT')) throw error;
    });
  }
}

async function linkOnce(from: string, target: string): Promise<'placed' | 'taken'> {
  try {
    await link(from, target);
    return 'placed';
  } catch (error) {
    if (isCode(error, 'EEXIST')) return 'taken';
    throw error;
  }
}

/** A name is durable only when the folder that holds it is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
