import { access, constants, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** All descendants of a process: a sandbox may be wrapped. */
export async function descendantsOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text
    .split(' ')
    .filter((child) => child !== '')
    .map(Number);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}

/** False also for a process that is dead and not yet collected. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

/** What a running process was started with. */
export async function environmentOf(pid: number): Promise<{ readonly [name: string]: string }> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8');
  return Object.fromEntries(
    text.split('\0').flatMap((entry) => {
      const at = entry.indexOf('=');
      return at === -1 ? [] : [[entry.slice(0, at), entry.slice(at + 1)]];
    }),
  );
}

/** Whether a program is on the path: some tests need what npm does not bring. */
export async function hasProgram(name: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, name), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
