import { readdir, readFile, watch, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeze } from '@tidemark/testing/faults';
import { fillDisk, LEASE_MS } from './cluster.js';
import type { Command } from './commands.js';
import type { ServiceProcess } from './service-process.js';
import { during, jobAt, type World } from './world.js';

const MORE_MS_MAX = 3_000;
const ENTRY_MS_MAX = 3_000;
const COMMIT_MS_MAX = 10;
const ROUNDS_MAX = 10;
const UNDER_WAY = 'the last one is not over yet';

const pick = (processes: readonly ServiceProcess[], target: number): ServiceProcess => {
  const process = processes[Math.floor(target * processes.length)];
  if (process === undefined) throw new Error('There are no processes.');
  return process;
};

export function killRunner({ cluster }: World, { target }: Command): string {
  return killed(pick(cluster.runners, target));
}

export function killScheduler({ cluster }: World, { target }: Command): string {
  return killed(pick(cluster.schedulers, target));
}

/** Orders that nobody has answered are given again, and are still carried out once. */
export function killApi({ cluster }: World): string {
  return killed(cluster.api);
}

function killed(process: ServiceProcess): string {
  const { name, pid, id } = process;
  process.kill();
  return `${name}, pid ${pid ?? 0}${id === undefined ? ', which was not ready' : ''}`;
}

/** Stops a runner and its sandboxes for longer than its lease, and then lets them go on. */
export function pauseRunner(world: World, { target, size }: Command): string {
  return paused(world, pick(world.cluster.runners, target), size);
}

function paused(world: World, { name, pid }: ServiceProcess, size: number): string {
  if (pid === undefined) return `${name} is not there`;
  const pauseMs = Math.round(LEASE_MS + size * MORE_MS_MAX);
  const isPaused = during(world, `pause ${name}`, async () => {
    const thaw = await freeze(pid);
    await sleep(pauseMs);
    thaw();
  });
  return isPaused ? `${name} for ${pauseMs} ms` : UNDER_WAY;
}

/** Kills a runner in the moment in which a sink has a batch, and the log does not know it yet. */
export const killAtSink = (world: World, command: Command): Promise<string> => atSink(world, command, killed);

/** The same with a pause: when it is over, the batch is another run's. */
export const pauseAtSink = (world: World, command: Command): Promise<string> =>
  atSink(world, command, (runner) => paused(world, runner, command.size));

async function atSink(
  { cluster, witness, jobs }: World,
  { target, choice, size }: Command,
  act: (runner: ServiceProcess) => string,
): Promise<string> {
  // One with windows writes only now and then.
  const job = jobAt({ jobs: jobs.filter(({ shape }) => shape !== 'windows') }, target);
  const { runnerId } = await witness.job(job.id);
  const runner = cluster.runners.find(({ id }) => id !== undefined && id === runnerId);
  if (runner === undefined) return `${job.name} is nowhere`;
  const hasWritten = await nextEntry(join(job.output, '_commits'), () =>
    job.inputs.grow(1 + Math.floor(size * ROUNDS_MAX)),
  );
  if (!hasWritten) return `${job.name} has written nothing`;
  // The commit comes some milliseconds later: now before it, now after.
  await sleep(choice * COMMIT_MS_MAX);
  return `${job.name}, ${act(runner)}`;
}

/** Waits for the next change in a folder, after `cause`. False where none comes, or there is no folder. */
async function nextEntry(folder: string, cause: () => void): Promise<boolean> {
  try {
    const changes = watch(folder, { signal: AbortSignal.timeout(ENTRY_MS_MAX) })[Symbol.asyncIterator]();
    const change = changes.next();
    cause();
    await change;
    return true;
  } catch {
    return false;
  }
}

export async function flushQueue({ cluster }: World): Promise<string> {
  const said = await cluster.servers.redis.say('FLUSHALL').catch((error: unknown) => String(error));
  return said.split('\r\n')[0] ?? '';
}

/** What Redis held is gone with it. */
export function killRedis(world: World, { size }: Command): string {
  return restarted(world, 'redis', size);
}

/** As a power cut: what was committed comes back. */
export function killPostgres(world: World, { size }: Command): string {
  return restarted(world, 'postgres', size);
}

function restarted(world: World, name: 'redis' | 'postgres', size: number): string {
  const server = world.cluster.servers[name];
  const awayMs = Math.round(size * MORE_MS_MAX);
  const isKilled = during(world, name, async () => {
    await server.kill();
    await sleep(awayMs);
    await server.restart();
  });
  return isKilled ? `away for ${awayMs} ms` : UNDER_WAY;
}

/** The next commit of a batch is carried out, and its answer never comes. */
export function cutAtCommit({ cluster }: World): string {
  const { proxy } = cluster.servers;
  proxy.cutInsteadOfAnswer({ statement: /committed_at = clock_timestamp/, application: 'tidemark-runner' });
  return `${proxy.count} so far`;
}

/** Flips a bit in one object of a job's newest checkpoint. */
export async function corruptCheckpoint(world: World, { target, choice, size }: Command): Promise<string> {
  const { witness, cluster } = world;
  const job = jobAt(world, target);
  const [newest] = await witness.rows<{ id: string; path: string }>(
    `SELECT id, path FROM checkpoints WHERE job_id = $1 AND status = 'complete' ORDER BY timeline DESC, batch_id DESC LIMIT 1`,
    [job.id],
  );
  if (newest === undefined) return `${job.name} has no checkpoint yet`;
  const folder = join(cluster.objects, newest.path);
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])).filter((entry) =>
    entry.isFile(),
  );
  const file = files[Math.floor(choice * files.length)];
  if (file === undefined) return `the newest checkpoint of ${job.name} was collected just now`;
  job.isSpoilt = true;
  job.resetsMax += 1;
  const path = join(file.parentPath, file.name);
  const bytes = await readFile(path);
  const at = Math.floor(size * bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
  return `${job.name}, a bit of ${file.name}`;
}

export async function fill(world: World, { size }: Command): Promise<string> {
  if (world.faults.has('disk')) return UNDER_WAY;
  const free = await fillDisk(world.cluster);
  if (typeof free !== 'function') return `left out: ${free.refused}`;
  const fullMs = Math.round(LEASE_MS + size * MORE_MS_MAX);
  during(world, 'disk', async () => {
    await sleep(fullMs);
    await free();
  });
  return `for ${fullMs} ms`;
}
