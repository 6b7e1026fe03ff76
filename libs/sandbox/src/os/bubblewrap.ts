import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ENVIRONMENT } from './environment.js';
import { NODE_FLAGS, type SandboxFiles } from './files.js';

/** File descriptors that `bwrap` is started with beside the three of its child. */
export const FILTER_FD = 3;
export const INFO_FD = 4;

const run = promisify(execFile);

const SCRIPT_BEHIND_WALLS = { child: '/sandbox/child.cjs', probe: '/sandbox/probe.mjs' } as const;

/** A file system of a handful of read-only files, no network, no other process, no rights, nobody's uid. */
export function wallsOfBubblewrap(
  { node, child, probe, guest, compiledGuest, logic, native }: SandboxFiles,
  libraries: readonly string[],
): readonly string[] {
  const bind = (from: string, to: string): readonly string[] => ['--ro-bind', from, to];
  return [
    ...['--unshare-all', '--die-with-parent', '--new-session', '--as-pid-1'],
    '--clearenv',
    ...Object.entries(ENVIRONMENT).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--cap-drop', 'ALL', '--uid', '65534', '--gid', '65534', '--hostname', 'sandbox'],
    ...libraries.flatMap((library) => bind(library, library)),
    ...bind(node, '/sandbox/node'),
    ...bind(child, SCRIPT_BEHIND_WALLS.child),
    ...bind(probe, SCRIPT_BEHIND_WALLS.probe),
    ...bind(guest, '/sandbox/guest.js'),
    ...bind(compiledGuest, '/sandbox/guest.compiled'),
    ...bind(logic, '/sandbox/logic.js'),
    ...bind(native, '/sandbox/isolated_vm.node'),
    ...['--size', '65536', '--tmpfs', '/tmp', '--remount-ro', '/', '--chdir', '/'],
    ...['--seccomp', String(FILTER_FD), '--info-fd', String(INFO_FD), '--'],
  ];
}

/** What runs behind those walls. */
export function commandBehindWalls(script: 'child' | 'probe'): readonly string[] {
  const guestAndNative = ['/sandbox/guest.js', '/sandbox/isolated_vm.node'];
  return [NODE_BEHIND_WALLS, ...NODE_FLAGS, SCRIPT_BEHIND_WALLS[script], ...guestAndNative];
}

export const NODE_BEHIND_WALLS = '/sandbox/node';

/** What the loader maps for these files, with the loader itself. Throws where there is no `ldd`. */
export async function sharedLibraries(...files: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const file of files) {
    const { stdout } = await run('ldd', [file], { env: {} });
    for (const line of stdout.split('\n')) {
      const [, path] = /(?:=>\s+|^\s+)(\/\S+)\s+\(0x/.exec(line) ?? [];
      if (path !== undefined) found.add(path);
    }
  }
  return [...found];
}
