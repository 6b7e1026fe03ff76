// `node bench/soak.mjs [--minutes <n>] [--jobs <n>]`: whether anything grows that should not. So many jobs run for so long,
// and meanwhile jobs are stopped and started, and others are submitted, cancelled and deleted. Every few seconds it notes the
// resident memory and the open file descriptors of every process of the service, rows and size of every table, and the
// stored objects. Writes bench/results/soak.json. Needs a build (`npm run build`).
//
// Processes of the service are told to collect their garbage before each look: with as little as they have to do, a process
// of Node would let it lie for hours, and what has leaked could not be told from it. Tables are vacuumed for the same reason: by
// itself Postgres does it once a minute, and until then a table holds what was removed from it. Sandboxes cannot be told; there the
// jobs are so quick (five batches and a thousand records a second) that their memory has taken its size before what is judged
// begins.
//
// What is judged begins after a third of the time, when caches are full and retention has begun to remove: a straight line
// is laid through the rest (least squares). A figure grows if its line rises by more than twice the standard deviation of
// what is left beside the line, and by more than a twentieth of its mean. Sizes of single tables, which grow by pages of
// 8 KiB, only say which one it is where the database grows; judged are its rows, and all tables together.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleJob } from '@tidemark/bundler';
import { aHome, descendantsOf, filesBelow, Instance, root } from '@tidemark/e2e';

const { Client } = createRequire(join(root, 'libs/persistence/package.json'))('pg');
const SAMPLE_EVERY_MS = 10_000;
/** Within which a process has collected its garbage. */
const COLLECTION_MS = 1_000;
const CHURN_EVERY_MS = 10_000;
const WARM_SHARE = 1 / 3;
/** Without so many there is no line. */
const POINTS_MIN = 3;
/** Of each figure, in the result. */
const POINTS_KEPT = 10;
const WAIT_MS = 60_000;
/** Jobs that are stopped and started: few, so that they come to the bound on their runs. */
const CHURNED = 5;
/** Tables that are bounded by their rows' age, which is more than a soak lasts: a day, and 400 days. */
const BY_AGE = ['idempotency_keys', 'audit_events'];
/** Low, so that retention works all the time. */
const SETTINGS = {
  NODE_OPTIONS: `--expose-gc --import=${join(root, 'bench/lib/collect-on-signal.mjs')}`,
  TIDEMARK_RUNNER_SLOTS: '40',
  TIDEMARK_BATCHES_KEPT: '100',
  TIDEMARK_EVENTS_KEPT: '100',
  TIDEMARK_RUNS_KEPT: '10',
  TIDEMARK_CHECKPOINTS_KEPT: '3',
  TIDEMARK_SWEEP_MS: '5000',
  TIDEMARK_ORPHAN_GRACE_MS: '60000',
};

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, jobs: { type: 'string', default: '50' } },
});
const [minutes, count] = [Number(values.minutes), Number(values.jobs)];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const { home, remove } = await aHome();
const instance = await Instance.start(home, SETTINGS);
const { jobs } = instance.tidemark;
const database = new Client({ connectionString: await databaseUrl() });
try {
  await database.connect();
  const bundle = await bundleJob(join(root, 'bench/jobs/soak.ts'));
  const submit = async (name) => (await jobs.submit({ name, bundle, config: { checkpointIntervalMs: 5_000 } })).id;
  const ids = [];
  for (let job = 0; job < count; job += 1) ids.push(await submit(`soak-${job}`));
  for (const id of ids) await jobs.waitFor(id, ({ lastBatch }) => lastBatch !== null, { timeoutMs: WAIT_MS });
  console.log(`${count} jobs run`);

  const startedMs = performance.now();
  const began = await pids();
  const samples = [];
  const churning = churn(ids, submit, () => performance.now() - startedMs < minutes * 60_000);
  // What has gone wrong elsewhere first is told, not that the service is gone then.
  churning.catch(() => undefined);
  while (performance.now() - startedMs < minutes * 60_000) {
    await collectGarbage();
    samples.push({ seconds: Math.round((performance.now() - startedMs) / 1_000), ...(await sample()) });
    await sleep(SAMPLE_EVERY_MS);
  }
  const changes = await churning;
  if ((await pids()) !== began)
    throw new Error(`Processes of the service were started again: ${began}, ${await pids()}.`);
  const before = await Promise.all(ids.map((id) => jobs.get(id)));
  const failed = before.filter(({ status }) => status !== 'running').map(({ name, status }) => `${name}: ${status}`);
  const figures = Object.keys(samples.at(-1))
    .filter((name) => name !== 'seconds')
    .map((name) => judge(name, samples));
  const grown = figures.filter(({ grows }) => grows).map(({ name }) => name);
  const run = { name: 'soak', at: new Date().toISOString(), minutes, jobs: count, changes, failed, grown };
  await writeFile(join(root, 'bench/results/soak.json'), inLines([run, ...figures]));
  for (const { name, mean, rise, noise, grows } of figures) {
    console.log(
      `${grows ? 'GROWS  ' : '       '}${name.padEnd(44)} mean ${mean}, line rises by ${rise}, noise ${noise}`,
    );
  }
  console.log(
    `${minutes} min, ${count} jobs, ${changes} changes; not running: ${failed.length}; growing: ${grown.length}`,
  );
  if (failed.length > 0 || grown.length > 0) process.exitCode = 1;
} finally {
  await database.end();
  await instance.stop();
  await remove();
}

async function churn(ids, submit, goesOn) {
  let changes = 0;
  while (goesOn()) {
    const id = ids[changes % Math.min(CHURNED, ids.length)];
    await jobs.stop(id);
    await jobs.waitFor(id, ({ status }) => status === 'stopped', { timeoutMs: WAIT_MS });
    await jobs.start(id);
    const passing = await submit(`passing-${changes}`);
    await jobs.waitFor(passing, ({ lastBatch }) => lastBatch !== null, { timeoutMs: WAIT_MS });
    await jobs.cancel(passing);
    await jobs.waitFor(passing, ({ status }) => status === 'cancelled', { timeoutMs: WAIT_MS });
    await jobs.delete(passing);
    await jobs.waitFor(id, ({ status }) => status === 'running', { timeoutMs: WAIT_MS });
    changes += 1;
    await sleep(CHURN_EVERY_MS);
  }
  return changes;
}

async function collectGarbage() {
  for (const { role, pid } of await instance.processes())
    if (role !== 'supervisor' && role !== 'postgres') process.kill(pid, 'SIGUSR2');
  await Promise.all([sleep(COLLECTION_MS), database.query('VACUUM')]);
}

/** A process that has died, of what it leaked perhaps, is started again by the service, and would be taken for the same one. */
async function pids() {
  const pidsOf = Map.groupBy(await instance.processes(), ({ role }) => role);
  return JSON.stringify([...pidsOf].map(([role, each]) => [role, each.map(({ pid }) => pid).sort()]));
}

/** By name: MiB, descriptors, rows, objects. Sandboxes count together, because they come and go with their jobs. */
async function sample() {
  const figures = {};
  const numbers = {};
  let sandboxMib = 0;
  for (const { role, pid } of await instance.processes()) {
    numbers[role] = (numbers[role] ?? 0) + 1;
    const name = `${role}-${numbers[role]}`;
    const below = role === 'supervisor' ? [] : await descendantsOf(pid);
    if (role === 'runner')
      sandboxMib += (await Promise.all(below.map(sandboxMibOf))).reduce((sum, mib) => sum + mib, 0);
    figures[`${name} MiB`] = await mibOf(pid);
    figures[`${name} descriptors`] = (await readdir(`/proc/${pid}/fd`)).length;
  }
  figures['sandboxes MiB'] = Math.round(sandboxMib);
  const tables = await database.query(
    `SELECT relname AS name, pg_total_relation_size(oid) / 1048576.0 AS mib FROM pg_class
      WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  const sizes = new Map(tables.rows.map(({ name, mib }) => [name, Number(mib)]));
  for (const [name, mib] of sizes) {
    const { rows } = await database.query(`SELECT count(*)::int AS n FROM "${name}"`);
    figures[`rows of ${name}`] = rows[0].n;
    figures[`MiB of ${name}`] = Math.round(mib * 1_000) / 1_000;
  }
  const byAge = BY_AGE.reduce((sum, name) => sum + sizes.get(name), 0);
  figures['database MiB, without what is bounded by age'] = Math.round(((await databaseMib()) - byAge) * 1_000) / 1_000;
  figures.objects = (await filesBelow(join(home, 'objects'))).length;
  return figures;
}

async function databaseMib() {
  const { rows } = await database.query('SELECT pg_database_size(current_database()) / 1048576.0 AS mib');
  return Number(rows[0].mib);
}

/** Throws where the process is gone. */
async function mibOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  if (kib === undefined) throw new Error(`Process ${pid} has no memory: it is ending.`);
  return Math.round(Number(kib) / 102.4) / 10;
}

/** Sandboxes end with their jobs, also between being listed and being looked at. */
function sandboxMibOf(pid) {
  return mibOf(pid).catch(() => 0);
}

async function databaseUrl() {
  const [{ pid }] = (await instance.processes()).filter(({ role }) => role === 'api');
  const entries = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
  const name = 'TIDEMARK_DATABASE_URL=';
  return entries.find((entry) => entry.startsWith(name)).slice(name.length);
}

/** One line each. */
function inLines(values) {
  return `[\n${values.map((value) => JSON.stringify(value)).join(',\n')}\n]\n`;
}

function judge(name, samples) {
  const points = samples
    .slice(Math.floor(samples.length * WARM_SHARE))
    .filter((one) => one[name] !== undefined)
    .map((one) => [one.seconds, one[name]]);
  if (points.length < POINTS_MIN) throw new Error(`There are only ${points.length} points of ${name}.`);
  const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = spread === 0 ? 0 : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const left = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  const noise = Math.sqrt(left / points.length);
  const rise = slope * (points.at(-1)[0] - points[0][0]);
  const isJudged = !BY_AGE.includes(name.replace('rows of ', '')) && !name.startsWith('MiB of ');
  const grows = isJudged && rise > 2 * noise && rise > 0.05 * meanY;
  const rounded = (value) => Math.round(value * 100) / 100;
  const every = Math.max(1, Math.floor(points.length / POINTS_KEPT));
  return {
    name,
    mean: rounded(meanY),
    rise: rounded(rise),
    noise: rounded(noise),
    grows,
    points: points.filter((_, index) => index % every === 0),
  };
}
