import { open, readFile, rename, rm } from 'node:fs/promises';
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
const HALF_WRITTEN_WAIT_MS = 200;

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
      const file = await open(home.lock, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
        return undefined;
      });
      if (file !== undefined) {
        await file.writeFile(JSON.stringify({ owner, services: [] } satisfies LockFile));
        await file.close();
        return new HomeLock(home.lock, owner);
      }
      await breakStaleLock(home);
    }
    throw new TidemarkError('instance_running', { home: home.path, pid: (await readLock(home.lock))?.owner.pid ?? 0 });
  }

  /** Writes down the services that run now. */
  async note(pids: readonly number[]): Promise<void> {
    const services: { pid: number; identity: string }[] = [];
    for (const pid of pids) {
      const identity = await identityOf(pid);
      if (identity !== undefined) services.push({ pid, identity });
    }
    await writeAtomically(this.path, JSON.stringify({ owner: this.owner, services } satisfies LockFile));
  }

  async release(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

async function breakStaleLock(home: Home): Promise<void> {
  let lock = await readLock(home.lock);
  if (lock === undefined) {
    // Its owner is just writing it, or has died doing so.
    await sleep(HALF_WRITTEN_WAIT_MS);
    lock = await readLock(home.lock);
  }
  if (lock !== undefined && (await identityOf(lock.owner.pid)) === lock.owner.identity) {
    throw new TidemarkError('instance_running', { home: home.path, pid: lock.owner.pid });
  }
  // Of two that find the same dead owner, one gets the file.
  const taken = `${home.lock}.${process.pid}.stale`;
  const won = await rename(home.lock, taken).then(
    () => true,
    () => false,
  );
  if (!won) return;
  for (const service of lock?.services ?? []) await endLeftBehind(service);
  await rm(taken, { force: true });
}

async function readLock(path: string): Promise<LockFile | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return lockFile.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

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
