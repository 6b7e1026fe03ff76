import { open, readdir, watch } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeze } from '@tidemark/testing/faults';
import { fillDisk, LEASE_MS } from './cluster.js';
import type { Command } from './commands.js';
import type { ServiceProcess } from './service-process.js';
import { during, jobAt, missed, struck, type Outcome, type World } from './world.js';

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

export function killRunner({ cluster }: World, { target }: Command): Outcome {
  return killed(pick(cluster.runners, target));
}

export function killScheduler({ cluster }: World, { target }: Command): Outcome {
  return killed(pick(cluster.schedulers, target));
}

/** Orders that nobody has answered are given again, and are still carried out once. */
export function killApi({ cluster }: World): Outcome {
  return killed(cluster.api);
}

function killed(process: ServiceProcess): Outcome {
  const { name, pid, id } = process;
  if (pid === undefined) return missed(`${name} is not there`);
  process.kill();
  return struck(`${name}, pid ${pid}${id === undefined ? ', which was not ready' : ''}`);
}

/** Stops a runner and its sandboxes for longer than its lease, and then lets them go on. */
export function pauseRunner(world: World, { target, size }: Command): Outcome {
  return paused(world, pick(world.cluster.runners, target), size);
}

function paused(world: World, { name, pid }: ServiceProcess, size: number): Outcome {
  if (pid === undefined) return missed(`${name} is not there`);
  const pauseMs = Math.round(LEASE_MS + size * MORE_MS_MAX);
  const isPaused = during(world, `pause ${name}`, async () => {
    const thaw = await freeze(pid);
    await sleep(pauseMs);
    thaw();
  });
  return isPaused ? struck(`${name} for ${pauseMs} ms`) : missed(UNDER_WAY);
}

/** Kills a runner in the moment in which a sink has a batch, and the log does not know it yet. */
export const killAtSink = (world: World, command: Command): Promise<Outcome> => atSink(world, command, killed);

/** The same with a pause: when it is over, the batch is another run's. */
export const pauseAtSink = (world: World, command: Command): Promise<Outcome> =>
  atSink(world, command, (runner) => paused(world, runner, command.size));

async function atSink(
  { cluster, witness, jobs }: World,
  { target, choice, size }: Command,
  act: (runner: ServiceProcess) => Outcome,
): Promise<Outcome> {
  // One with windows writes only now and then.
  const job = jobAt({ jobs: jobs.filter(({ shape }) => shape !== 'windows') }, target);
  const { runnerId } = await witness.job(job.id);
  const runner = cluster.runners.find(({ id }) => id !== undefined && id === runnerId);
  if (runner === undefined) return missed(`${job.name} is nowhere`);
  const hasWritten = await nextEntry(join(job.output, '_commits'), () =>
    job.inputs.grow(1 + Math.floor(size * ROUNDS_MAX)),
  );
  if (!hasWritten) return missed(`${job.name} has written nothing`);
  // The commit comes some milliseconds later: now before it, now after.
  await sleep(choice * COMMIT_MS_MAX);
  const { hasStruck, what } = act(runner);
  return { hasStruck, what: `${job.name}, ${what}` };
}

/** Waits for the next change in a folder, after `cause`. False where none comes, or there is no folder. */
async function nextEntry(folder: string, cause: () => void): Promise<boolean> {
  try {
    const changes = watch(folder, { signal: AbortSignal.timeout(ENTRY_MS_MAX) })[Symbol.asyncIterator]();
    const change = changes.next();
    cause();
    await change;
    return true;
  } catch (error) {
    const isTooLong = error instanceof Error && error.name === 'AbortError';
    if (isTooLong || isMissing(error)) return false;
    throw error;
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

export async function flushQueue({ cluster }: World): Promise<Outcome> {
  const said = await cluster.servers.redis.say('FLUSHALL').catch((error: unknown) => String(error));
  const [line = ''] = said.split('\r\n');
  return line === '+OK' ? struck(line) : missed(line);
}

/** What Redis held is gone with it. */
export function killRedis(world: World, { size }: Command): Outcome {
  return restarted(world, 'redis', size);
}

/** As a power cut: what was committed comes back. */
export function killPostgres(world: World, { size }: Command): Outcome {
  return restarted(world, 'postgres', size);
}

function restarted(world: World, name: 'redis' | 'postgres', size: number): Outcome {
  const server = world.cluster.servers[name];
  const awayMs = Math.round(size * MORE_MS_MAX);
  const isKilled = during(world, name, async () => {
    await server.kill();
    await sleep(awayMs);
    await server.restart();
  });
  return isKilled ? struck(`away for ${awayMs} ms`) : missed(UNDER_WAY);
}

/** The next commit of a batch is carried out, and its answer never comes. What was cut before tells whether that works. */
export function cutAtCommit({ cluster }: World): Outcome {
  const { proxy } = cluster.servers;
  proxy.cutInsteadOfAnswer({ statement: /committed_at = clock_timestamp/, application: 'tidemark-runner' });
  return { hasStruck: proxy.count > 0, what: `${proxy.count} so far` };
}

/** Flips a bit in one object of a job's newest checkpoint. */
export async function corruptCheckpoint(world: World, { target, choice, size }: Command): Promise<Outcome> {
  const { witness, cluster } = world;
  const job = jobAt(world, target);
  const [newest] = await witness.rows<{ id: string; path: string }>(
    `SELECT id, path FROM checkpoints WHERE job_id = $1 AND status = 'complete' ORDER BY timeline DESC, batch_id DESC LIMIT 1`,
    [job.id],
  );
  if (newest === undefined) return missed(`${job.name} has no checkpoint yet`);
  const folder = join(cluster.objects, newest.path);
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])).filter((entry) =>
    entry.isFile(),
  );
  const file = files[Math.floor(choice * files.length)];
  // It may be found before this has come back.
  job.damaged.add(newest.path);
  const isFlipped = file !== undefined && (await flipBit(join(file.parentPath, file.name), size));
  return isFlipped
    ? struck(`${job.name}, a bit of ${file.name}`)
    : missed(`the newest checkpoint of ${job.name} was collected just now`);
}

/** In place, which a full disk does not prevent. False where the file is not there any more. */
async function flipBit(path: string, share: number): Promise<boolean> {
  try {
    await using file = await open(path, 'r+');
    const at = Math.floor(share * (await file.stat()).size);
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ 1;
    await file.write(byte, 0, 1, at);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export async function fill(world: World, { size }: Command): Promise<Outcome> {
  if (world.faults.has('disk')) return missed(UNDER_WAY);
  const free = await fillDisk(world.cluster);
  if (typeof free !== 'function') return missed(`left out: ${free.refused}`);
  const fullMs = Math.round(LEASE_MS + size * MORE_MS_MAX);
  during(world, 'disk', async () => {
    await sleep(fullMs);
    await free();
  });
  return struck(`for ${fullMs} ms`);
}
