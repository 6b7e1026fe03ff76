import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a sandbox consists of. `build.mjs` makes the scripts. */
export interface SandboxFiles {
  readonly node: string;
  readonly child: string;
  readonly guest: string;
  /** What is compiled of it, in its folder. */
  readonly compiledGuest: string;
  /** In the folder of the guest, where the child looks for it. */
  readonly logic: string;
  readonly probe: string;
  /** The native file of isolated-vm for this platform. */
  readonly native: string;
}

/** isolated-vm does not work with the snapshot that Node starts from by default. */
export const NODE_FLAGS = ['--no-node-snapshot', '--max-old-space-size=512'] as const;

/** Throws an error with the command that helps if the scripts have not been built. */
export function sandboxFiles(): SandboxFiles {
  const built = (name: string): string => {
    const path = fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
    if (!existsSync(path)) throw new Error(`${path} is missing: run "node libs/sandbox/build.mjs"`);
    return path;
  };
  return {
    node: process.execPath,
    child: built('child.cjs'),
    guest: built('guest.js'),
    compiledGuest: built('guest.compiled'),
    logic: built('logic.js'),
    probe: built('probe.mjs'),
    native: nativeFile(),
  };
}

interface NodeGypBuild {
  path(this: void, folder: string): string;
}

/** Throws where isolated-vm has none for this platform. */
export function nativeFile(): string {
  const require = createRequire(import.meta.url);
  const main = require.resolve('isolated-vm');
  // The package's own dependency, so it is looked for from there.
  const { path } = createRequire(main)('node-gyp-build') as NodeGypBuild;
  return path(dirname(main));
}
