import { open, rename, rm } from 'node:fs/promises';

/** Replaces a file as a whole: a reader sees the old text or the new one. Readable by its owner only. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const half = `${path}.${process.pid}.new`;
  try {
    const file = await open(half, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(half, path);
  } catch (error) {
    await rm(half, { force: true });
    throw error;
  }
}
