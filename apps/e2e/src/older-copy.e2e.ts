import { execFile } from 'node:child_process';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Job } from '@tidemark/sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aHome, Instance, kill } from './instance.js';
import { isAlive } from './processes.js';
import { filesIn } from './traces.js';
import { until } from './until.js';
import { expectEachVisitOnce } from './visits.js';
import { committed, goesOn, visitsAtWork } from './visits-job.js';

const WAIT_MS_MAX = 30_000;
/** Batches, and with them checkpoints, that the older copy does not know of. */
const LOST = 8;
const run = promisify(execFile);

let home: Awaited<ReturnType<typeof aHome>>;
let instances: Instance[] = [];

beforeEach(async () => {
  home = await aHome();
});
afterEach(async () => {
  for (const instance of instances) await instance.stop();
  instances = [];
  await home.remove();
});

async function start(): Promise<Instance> {
  const instance = await Instance.start(home.home);
  instances.push(instance);
  return instance;
}

const database = (): string => join(home.home, 'postgres');
const copyDatabase = () => run('cp', ['-a', database(), `${database()}-older`]);
async function restoreOlder(): Promise<void> {
  await rm(database(), { recursive: true });
  await rename(`${database()}-older`, database());
}

const traces = async () => ({
  objects: await filesIn(join(home.home, 'objects')),
  output: await filesIn(join(home.home, 'files', 'local', 'totals')),
});

/** Without checkpoints that have no manifest yet: a runner takes its own unfinished one away again. */
function finished({ objects, output }: Awaited<ReturnType<typeof traces>>): Awaited<ReturnType<typeof traces>> {
  const isFinished = (path: string): boolean =>
    !path.includes('/state/') || path.replace(/\/state\/.*$/, '/manifest.json') in objects;
  return { objects: Object.fromEntries(Object.entries(objects).filter(([path]) => isFinished(path))), output };
}

/** The job waits, says why, and is not moved by an order that says nothing about its older state. */
async function expectHeld({ tidemark: { jobs } }: Instance, { id }: Job): Promise<Job> {
  const held = await jobs.waitFor(id, ({ status }) => status === 'awaiting_decision', { timeoutMs: WAIT_MS_MAX });
  expect(held.reason).toMatchObject({ code: 'state_regressed' });
  expect(held.reason?.message).toContain('restored from an older copy');
  await jobs.start(id);
  await jobs.waitFor(id, ({ status }) => status === 'awaiting_decision', { timeoutMs: WAIT_MS_MAX });
  return held;
}

/** Somebody takes the older state for what counts: from there on each record is in the output once. */
async function expectGoesOnFromOlder(instance: Instance, held: Job): Promise<void> {
  const { jobs, recovery } = instance.tidemark;
  const { items } = await jobs.checkpoints(held.id, { limit: 20 });
  const newest = items.find(({ status }) => status === 'complete');
  await recovery.rollBack(held.id, { checkpointId: newest?.id ?? '', reason: 'the newer database is lost' });
  const { timeline } = await committed(instance, held, (newest?.batchId ?? 0) + LOST);
  expect(timeline).toBeGreaterThan(held.timeline);
  await expectEachVisitOnce(instance);
}

/** Ends Postgres at once, and has it started again where it was after `work`: all other processes live on. */
async function whilePostgresIsDown(instance: Instance, work: () => Promise<unknown>): Promise<void> {
  const supervisor = (await instance.processes()).find(({ role }) => role === 'supervisor');
  const postmaster = Number((await readFile(join(database(), 'postmaster.pid'), 'utf8')).split('\n')[0]);
  kill(supervisor?.pid ?? 0, 'SIGSTOP');
  try {
    kill(postmaster, 'SIGQUIT');
    await until('Postgres has ended', WAIT_MS_MAX, async () => ((await isAlive(postmaster)) ? undefined : true));
    await work();
  } finally {
    kill(supervisor?.pid ?? 0, 'SIGCONT');
  }
  await until('Postgres answers again', WAIT_MS_MAX, () =>
    instance.tidemark.jobs.list().then(
      () => true,
      () => undefined,
    ),
  );
}

describe('R12: a database that was restored from an older copy', () => {
  it('has its jobs held, with nothing removed or written, until somebody says from where to go on', async () => {
    let instance = await start();
    const job = await visitsAtWork(instance);
    await instance.stop();
    await copyDatabase();

    instance = await start();
    await goesOn(instance, job, LOST);
    await instance.stop();
    const before = await traces();

    await restoreOlder();
    instance = await start();
    const held = await expectHeld(instance, job);
    expect(await traces()).toEqual(before);

    await expectGoesOnFromOlder(instance, held);
  });

  it('has them held under runners that live on as well, and what these have written is kept', async () => {
    const instance = await start();
    const job = await visitsAtWork(instance);
    // What the copy knows has to hold a checkpoint to go back to.
    await until('a checkpoint is complete', WAIT_MS_MAX, async () => {
      const { items } = await instance.tidemark.jobs.checkpoints(job.id, { limit: 20 });
      return items.some(({ status }) => status === 'complete') ? true : undefined;
    });
    await whilePostgresIsDown(instance, copyDatabase);
    const { epoch } = await goesOn(instance, job, LOST);
    let before = await traces();
    await whilePostgresIsDown(instance, async () => {
      before = finished(await traces());
      await restoreOlder();
    });

    const held = await expectHeld(instance, job);

    expect(held.epoch).toBeLessThanOrEqual(epoch);
    expect(Object.keys(before.objects).length).toBeGreaterThan(2);
    // A runner may have been in the middle of a batch whose plan was durable.
    expect(await traces()).toMatchObject(before);
    await expectGoesOnFromOlder(instance, held);
  });
});
