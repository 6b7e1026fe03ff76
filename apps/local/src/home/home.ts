import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TidemarkError } from '@tidemark/domain';
import { z } from 'zod';
import { writeAtomically } from './write-atomically.js';

/** Where everything of a local instance lies. */
export interface Home {
  readonly path: string;
  readonly postgres: string;
  readonly objects: string;
  readonly files: string;
  /** Files of the tenant `local`: what its jobs read and write. */
  readonly tenantFiles: string;
  readonly logs: string;
  readonly connections: string;
  readonly keys: string;
  readonly instance: string;
  readonly lock: string;
}

export const TENANT = 'local';

const LAYOUT = 1;
const layoutFile = z.object({ layout: z.int().positive() });

export const homeAt = (path: string): Home => ({
  path,
  postgres: join(path, 'postgres'),
  objects: join(path, 'objects'),
  files: join(path, 'files'),
  tenantFiles: join(path, 'files', TENANT),
  logs: join(path, 'logs'),
  connections: join(path, 'connections.json'),
  keys: join(path, 'keys.json'),
  instance: join(path, 'instance.json'),
  lock: join(path, 'lock.json'),
});

/** Creates what is not there. Throws `home_newer_than_build` before it touches anything of a newer version. */
export async function openHome(home: Home): Promise<void> {
  const file = join(home.path, 'layout.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const found = text === undefined ? LAYOUT : layoutFile.parse(JSON.parse(text)).layout;
  if (found > LAYOUT) throw new TidemarkError('home_newer_than_build', { home: home.path, found, newestKnown: LAYOUT });
  for (const folder of [home.objects, home.logs]) await mkdir(folder, { recursive: true, mode: 0o700 });
  await mkdir(home.tenantFiles, { recursive: true });
  if (text === undefined) await writeAtomically(file, `${JSON.stringify({ layout: LAYOUT })}\n`);
}
