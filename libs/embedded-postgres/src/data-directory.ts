import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TidemarkError } from '@tidemark/domain';
import { type Account, spawnAs } from './account.js';
import { type Binaries, POSTGRES_MAJOR } from './binaries.js';
import { runToEnd, sentenceOf } from './child.js';

export interface DataDirectory {
  /** Where the cluster really is: below a folder that Postgres' account cannot enter, `dataDir` is only a symlink. */
  readonly path: string;
  readonly password: string;
}

/**
 * The cluster of `dataDir`, created if there is none. Its superuser's password lies beside it, readable by its owner only.
 * A process that dies in the middle leaves nothing that the next call would take for a cluster.
 */
export async function openDataDirectory(
  dataDir: string,
  options: { readonly account: Account; readonly binaries: Binaries; readonly durable: boolean },
): Promise<DataDirectory> {
  await mkdir(dirname(dataDir), { recursive: true });
  // One cluster has one path: a running postmaster is recognised by it.
  const path = await placeFor(join(await realpath(dirname(dataDir)), basename(dataDir)), options.account);
  const passwordFile = join(dirname(dataDir), `${basename(dataDir)}.password`);
  const version = await readFile(join(path, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) {
    await refuseForeignFiles(path);
    const password = await newPassword(passwordFile);
    await createCluster(path, password, options);
    return { path, password };
  }
  if (version.trim() !== String(POSTGRES_MAJOR)) {
    throw new TidemarkError('postgres_data_other_version', {
      dataDir,
      found: version.trim(),
      supported: POSTGRES_MAJOR,
    });
  }
  const password = await readFile(passwordFile, 'utf8').catch(() => {
    throw new TidemarkError('postgres_not_started', {
      dataDir,
      reason: `its password file ${passwordFile} is missing`,
    });
  });
  return { path, password: password.trim() };
}

async function placeFor(dataDir: string, account: Account): Promise<string> {
  const target = await readlink(dataDir).catch(() => undefined);
  if (target !== undefined) {
    if (await exists(dirname(target))) return target;
    throw new TidemarkError('postgres_not_started', { dataDir, reason: `it is a link to ${target}, which is gone` });
  }
  if (account === undefined || (await exists(dataDir)) || (await letThrough(dirname(dataDir), account))) return dataDir;
  for (const parent of ['/var/lib', '/var/tmp']) {
    const folder = await mkdtemp(join(parent, 'tidemark-data-')).catch(() => undefined);
    if (folder === undefined) continue;
    await chmod(folder, 0o711);
    await symlink(join(folder, basename(dataDir)), dataDir);
    return join(folder, basename(dataDir));
  }
  throw new TidemarkError('postgres_not_started', {
    dataDir,
    reason: 'the account "nobody" can reach it neither there nor in /var/lib or /var/tmp',
  });
}

/** Whether the account can pass through every folder down to this one. The last one is ours, so it is opened if need be. */
async function letThrough(folder: string, account: { uid: number; gid: number }): Promise<boolean> {
  for (let above = dirname(folder); above !== dirname(above); above = dirname(above)) {
    if (!(await mayPass(above, account))) return false;
  }
  if (!(await mayPass(folder, account))) await chmod(folder, (await stat(folder)).mode | 0o001);
  return true;
}

async function mayPass(folder: string, account: { uid: number; gid: number }): Promise<boolean> {
  const { mode, uid, gid } = await stat(folder);
  if (uid === account.uid) return (mode & 0o100) !== 0;
  return (mode & (gid === account.gid ? 0o010 : 0o001)) !== 0;
}

async function refuseForeignFiles(path: string): Promise<void> {
  if (await exists(path)) {
    throw new TidemarkError('postgres_not_started', {
      dataDir: path,
      reason: 'the folder exists and holds no Postgres cluster',
    });
  }
}

async function newPassword(file: string): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  await writeFile(`${file}.new`, `${password}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return password;
}

async function createCluster(
  path: string,
  password: string,
  { account, binaries, durable }: { readonly account: Account; readonly binaries: Binaries; readonly durable: boolean },
): Promise<void> {
  const half = `${path}.half`;
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { mode: 0o700 });
  const passwordFile = `${path}.initdb-password`;
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  try {
    if (account !== undefined) {
      await chown(half, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    const options = ['-D', half, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
    const args = [...options, '-E', 'UTF8', '--locale=C', ...(durable ? [] : ['--no-sync'])];
    const { code, output } = await runToEnd(binaries.initdb, args, { ...spawnAs(account), env: { LC_ALL: 'C' } });
    if (code !== 0) throw refusal(path, output);
    await rename(half, path);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(half, { recursive: true, force: true });
  }
}

/** The error behind what initdb or Postgres printed before it gave up. */
export function refusal(dataDir: string, output: string): TidemarkError {
  if (output.includes('No space left on device')) return new TidemarkError('store_full', { path: dataDir });
  return new TidemarkError('postgres_not_started', { dataDir, reason: sentenceOf(output) });
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
