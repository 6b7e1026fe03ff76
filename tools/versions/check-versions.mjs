// Two versions of scheduler and runner on one database. Which of them schedules and which runs the jobs is decided by
// freezing the others (SIGSTOP): their leases run out, the jobs move, and when they are woken they find that they are
// fenced. So every step is also one with zombies. In each combination the runner of the jobs is killed once more.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { aHome, bundleOf, Instance, kill, until, validOutput } from '@tidemark/e2e';
import { buildOf, previousVersion, removeBuild } from './build-of.mjs';
import { environmentOf, ExtraServices } from './extra-services.mjs';
import { Freezer } from './freezer.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const JOBS = 4;
const RUNNERS = 2;
const WAIT_MS = 60_000;
/** Batches that each job has to commit in a combination, before and after the kill. */
const GOES_ON = 5;
/** Scheduler and runner of the jobs, in an order that has every change of each, forwards and back. */
const STEPS = ['old old', 'old new', 'new new', 'new old', 'new new', 'old new', 'old old', 'new old'];

const { values } = parseArgs({
  options: { previous: { type: 'string' }, build: { type: 'string' }, rounds: { type: 'string', default: '1' } },
});
const version = values.previous ?? previousVersion(root);
const folder = values.build ?? join(mkdtempSync(join(tmpdir(), 'tidemark-versions-')), 'previous');
const say = (line) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);

let failed = false;
try {
  if (values.build === undefined) {
    say(`building ${version} as the version before`);
    buildOf(root, version, folder);
  }
  const { combinations, lost, twice } = await run();
  failed = lost + twice > 0;
  console.log(`${combinations} combinations, lost ${lost}, twice ${twice}`);
} finally {
  if (values.build === undefined) {
    removeBuild(root, folder);
    rmSync(dirname(folder), { recursive: true, force: true });
  }
}
process.exitCode = failed ? 1 : 0;

async function run() {
  const { home, remove } = await aHome();
  const instance = await Instance.start(home, {}, folder);
  const extra = [];
  try {
    const [ids, names] = [[], []];
    const submit = async (tidemark) => {
      const name = `versions-${names.length + 1}`;
      names.push(name);
      const bundle = await bundleOf('echo', { constants: { NAME: name } });
      ids.push((await tidemark.jobs.submit({ name, bundle, config: { checkpointIntervalMs: 1_000 } })).id);
    };
    for (let job = 0; job < JOBS / 2; job += 1) await submit(instance.tidemark);
    await goOn(instance, ids);
    say('the version before runs; this one starts beside it');
    const theirs = await instance.processes();
    for (const [role, count] of [
      ['scheduler', 1],
      ['runner', RUNNERS],
      ['api', 1],
    ]) {
      const { pid } = theirs.find((one) => one.role === role);
      extra.push(
        new ExtraServices(root, role, count, {
          ...environmentOf(pid),
          ...(role === 'api' ? { TIDEMARK_API_PORT: '0' } : {}),
        }),
      );
    }
    await until('this version is ready', WAIT_MS, () => extra.every(({ running }) => running.length > 0) || undefined);
    const [{ url }] = extra.at(-1).running;
    for (let job = 0; job < JOBS / 2; job += 1) await submit(instance.tidemarkAt(url));

    const seen = new Set();
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const step of STEPS) {
        await take(instance, extra, ids, step);
        seen.add(step);
      }
    }
    await Promise.all(ids.map((id) => instance.tidemark.jobs.stop(id)));
    for (const id of ids)
      await instance.tidemark.jobs.waitFor(id, ({ status }) => status === 'stopped', { timeoutMs: WAIT_MS });
    return { combinations: seen.size, ...(await judge(instance, names)) };
  } finally {
    await Promise.all(extra.map((services) => services.close()));
    await instance.stop();
    await remove();
  }
}

/** Brings all jobs into one combination and lets them go on there, over the death of a runner. */
async function take(instance, extra, ids, step) {
  const [scheduler, runner] = step.split(' ');
  const wanted = { scheduler, runner };
  const others = new Freezer(async () =>
    (await services(instance, extra)).filter(({ role, version: of }) => role in wanted && of !== wanted[role]),
  );
  try {
    const startedMs = Date.now();
    await untilRunBy(instance, extra, ids, runner);
    await goOn(instance, ids);
    const movedMs = Date.now() - startedMs;
    const victim = (await services(instance, extra)).find(
      ({ role, version: of }) => role === 'runner' && of === runner,
    );
    kill(victim.pid, 'SIGKILL');
    await goOn(instance, ids);
    await untilRunBy(instance, extra, ids, runner);
    say(`scheduler ${scheduler}, runners ${runner}: all jobs go on (moved after ${movedMs} ms), and after a kill -9`);
  } finally {
    await others.release();
  }
}

async function services(instance, extra) {
  const old = (await instance.processes()).map((one) => ({ ...one, version: 'old' }));
  return [...old, ...extra.flatMap(({ running }) => running.map((one) => ({ ...one, version: 'new' })))];
}

async function untilRunBy(instance, extra, ids, runner) {
  for (const id of ids) {
    await until(`${id} is run by ${runner}`, WAIT_MS, async () => {
      const { currentRun } = await instance.tidemark.jobs.get(id);
      const by = (await services(instance, extra)).find((one) => one.id === currentRun?.runnerId);
      return by?.version === runner ? true : undefined;
    }).catch(async (error) => {
      throw new Error(`${error.message}\n${await state(instance, extra, id)}`);
    });
  }
}

async function state(instance, extra, id) {
  const job = await instance.tidemark.jobs.get(id);
  const events = (await instance.tidemark.jobs.events(id, { limit: 12 })).items;
  return JSON.stringify({ job, events, services: await services(instance, extra) }, null, 1);
}

async function goOn(instance, ids) {
  for (const id of ids) {
    const { lastBatch } = await instance.tidemark.jobs.get(id);
    await instance.tidemark.jobs.waitFor(
      id,
      (job) => (job.lastBatch?.batchId ?? 0) >= (lastBatch?.batchId ?? 0) + GOES_ON,
      { timeoutMs: WAIT_MS },
    );
  }
}

/** Each job gives every number from 0 on once, and counts them. */
async function judge(instance, names) {
  let [lost, twice] = [0, 0];
  for (const name of names) {
    const out = await validOutput(join(instance.files, name, 'out'));
    const counts = new Map();
    for (const { rows } of out) for (const { value } of rows) counts.set(value, (counts.get(value) ?? 0) + 1);
    const most = Math.max(...counts.keys());
    for (let value = 0; value <= most; value += 1) if (!counts.has(value)) lost += 1;
    for (const count of counts.values()) twice += count - 1;
    const totals = new Map();
    for (const { rows } of await validOutput(join(instance.files, name, 'counts'))) {
      for (const { remainder, count } of rows) totals.set(remainder, count);
    }
    const sum = [...totals.values()].reduce((all, count) => all + count, 0);
    if (sum > most + 1) twice += sum - most - 1;
    if (sum < most + 1) lost += most + 1 - sum;
    say(`${name}: ${most + 1} numbers, ${out.length} batches`);
  }
  return { lost, twice };
}
