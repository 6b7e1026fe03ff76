import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of its own, in memory, that is soon full. */
export interface SmallDisk {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Mounts a file system of `bytes` at `path`, which is made. Answers with the reason where mounting is not permitted: a test
 * skips then, and says so.
 */
export async function mountSmallDisk(path: string, bytes: number): Promise<SmallDisk | { readonly refused: string }> {
  await mkdir(path, { recursive: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0777`, 'tidemark-test', path]);
  } catch (error) {
    return {
      refused: `a file system cannot be mounted here: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
  return {
    path,
    remove: async () => {
      await run('umount', ['--lazy', path]);
    },
  };
}
