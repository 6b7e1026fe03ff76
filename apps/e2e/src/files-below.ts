import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The paths of all files in a folder and those in it, of which some may go while they are looked for. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const below = entries.map((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : Promise.resolve([path]);
  });
  return (await Promise.all(below)).flat();
}
