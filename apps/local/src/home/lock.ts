import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TidemarkError } from '@tidemark/domain';
import { z } from 'zod';
import type { Home } from './home.js';
import { identityOf } from './process-identity.js';
import { writeAtomically } from './write-atomically.js';

const lockFile = z.object({
  /** The process that holds the lock, and those that it has started. */
  owner: z.object({ pid: z.int(), identity: z.string() }),
  services: z.array(z.object({ pid: z.int(), identity: z.string() })),
});
type LockFile = z.infer<typeof lockFile>;

const ATTEMPTS = 5;
const LEFT_BEHIND_WAIT_MS = 5_000;

/** One process at a time has a home. Its lock also names its services, so that those of a killed one can be ended. */
export class HomeLock {
  private constructor(
    private readonly path: string,
    private readonly owner: LockFile['owner'],
  ) {}

  /** Throws `instance_running` if a living process has the home; ends what a dead one has left behind. */
  static async take(home: Home): Promise<HomeLock> {
    const owner = { pid: process.pid, identity: (await identityOf(process.pid)) ?? String(process.pid) };
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (await createWhole(home.lock, { owner, services: [] })) return new HomeLock(home.lock, owner);
      await breakStaleLock(home);
    }
    throw new TidemarkError('instance_running', { home: home.path, pid: (await holderOf(home.lock))?.pid ?? 0 });
  }

  /** Writes down the services that run now. Throws `instance_running` if another process has the home by now. */
  async note(pids: readonly number[]): Promise<void> {
    const holder = await holderOf(this.path);
    if (holder?.identity !== this.owner.identity) {
      throw new TidemarkError('instance_running', { home: dirname(this.path), pid: holder?.pid ?? 0 });
    }
    const services: { pid: number; identity: string }[] = [];
    for (const pid of pids) {
      const identity = await identityOf(pid);
      if (identity !== undefined) services.push({ pid, identity });
    }
    await writeAtomically(this.path, JSON.stringify({ owner: this.owner, services } satisfies LockFile));
  }

  async release(): Promise<void> {
    if ((await holderOf(this.path))?.identity === this.owner.identity) await rm(this.path, { force: true });
  }
}

/** @returns whether the file is ours. It appears with all that is in it, so one that cannot be read has no owner. */
async function createWhole(path: string, content: LockFile): Promise<boolean> {
  const draft = `${path}.${randomUUID()}.new`;
  await writeFile(draft, JSON.stringify(content), { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (isExists(error)) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Takes away a lock whose owner is dead. Throws `instance_running` if it lives. */
async function breakStaleLock(home: Home): Promise<void> {
  const judged = await read(home.lock);
  if (judged === undefined) return;
  const lock = lockIn(judged);
  if (lock !== undefined && (await identityOf(lock.owner.pid)) === lock.owner.identity) {
    throw new TidemarkError('instance_running', { home: home.path, pid: lock.owner.pid });
  }
  for (const service of lock?.services ?? []) await endLeftBehind(service);
  const taken = `${home.lock}.${randomUUID()}.stale`;
  try {
    await rename(home.lock, taken);
  } catch {
    // Another start was faster.
    return;
  }
  // Faster still: it has broken the lock that was judged here, and this one is its own.
  if ((await read(taken)) !== judged) await putBack(taken, home.lock);
  await rm(taken, { force: true });
}

async function putBack(taken: string, path: string): Promise<void> {
  try {
    await link(taken, path);
  } catch (error) {
    // A third start has made its own meanwhile, and the owner of this one finds that out when it next writes to it.
    if (!isExists(error)) throw error;
  }
}

const holderOf = async (path: string): Promise<LockFile['owner'] | undefined> =>
  lockIn((await read(path)) ?? '')?.owner;

const read = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

function lockIn(text: string): LockFile | undefined {
  try {
    return lockFile.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const isExists = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST';

async function endLeftBehind({ pid, identity }: { readonly pid: number; readonly identity: string }): Promise<void> {
  const until = performance.now() + LEFT_BEHIND_WAIT_MS;
  while ((await identityOf(pid)) === identity && performance.now() < until) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended between the two lines.
    }
    await sleep(20);
  }
}
