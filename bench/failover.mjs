// `node bench/failover.mjs [--times <n>] [--keys <n>] [--ways killed,drained,frozen]`: takes the runner away from a job with
// a million keys of state, again and again and at random moments, and measures how long it takes until the job is claimed
// elsewhere and until its next batch is committed there. Three ways:
//
//   killed   SIGKILL
//   drained  SIGTERM, as when a new version is rolled out
//   frozen   SIGSTOP of the runner and its sandboxes: its sockets stay open, as those of a host do that is gone from the
//            network, so nothing but its lease can end
//
// Input keeps coming. At the end every key's count and sum in the output are held against those of the input. Writes
// bench/results/failover.json. Needs a build (`npm run build`).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { aHome, descendantsOf, Instance, kill, root, until } from '@tidemark/e2e';
import { EVENTS_FILE, writeEvents } from './lib/generate.mjs';
import { folderOf, partsOf, stop, submit, untilRead } from './lib/service.mjs';
import { quantile } from './lib/statistics.mjs';

const WAYS = ['killed', 'drained', 'frozen'];
const LIVE_PER_SECOND = 2_000;
const BATCH_INTERVAL_MS = 500;
const WAIT_MS = 60_000;
/** Of the instance: whichever is taken away is brought back, and the next time comes after that. */
const RUNNERS = 2;
const LOOK_EVERY_MS = 200;
/** Batches between two of them, so that each finds a job that is well. */
const CALM_BATCHES = 4;

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '20' },
    keys: { type: 'string', default: '1000000' },
    ways: { type: 'string', default: WAYS.join(',') },
  },
});
const [times, keys] = [Number(values.times), Number(values.keys)];
const ways = values.ways.split(',');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const { home, remove } = await aHome();
const instance = await Instance.start(home);
const { jobs } = instance.tidemark;
let live;
try {
  const input = folderOf(instance, 'failover');
  await writeEvents(input, { records: keys, keys, seed: 1, keysInOrder: true });
  const id = await submit(instance, 'failover', { checkpointIntervalMs: 2_000 });
  const file = join(input, EVENTS_FILE);
  await untilRead(instance, id, { source: 'events', file: EVENTS_FILE, bytes: (await stat(file)).size });
  // One that ends with this process at the latest, and not before.
  live = spawn(process.execPath, [
    join(root, 'bench/lib/write-live.mjs'),
    ...[join(input, 'live-1.jsonl'), LIVE_PER_SECOND, 3_600].map(String),
  ]);
  await untilCheckpoint(id);

  const results = [];
  for (const way of ways) results.push(await measure(id, way));

  live.kill();
  await once(live, 'exit');
  for (const name of [EVENTS_FILE, 'live-1.jsonl']) await untilRead(instance, id, await wholeLines(input, name));
  await stop(instance, id);
  const check = await recount(input);
  const result = { name: 'failover', at: new Date().toISOString(), keys, batchIntervalMs: BATCH_INTERVAL_MS, check };
  await writeFile(
    join(root, 'bench/results/failover.json'),
    `${JSON.stringify({ ...result, ways: results }, null, 2)}\n`,
  );
  console.log(`${check.rows} rows in the output; ${check.keys} keys counted again, ${check.wrong} of them wrong`);
  if (check.wrong > 0) process.exitCode = 1;
} finally {
  live?.kill();
  await instance.stop();
  await remove();
}

async function measure(id, way) {
  const gaps = [];
  while (gaps.length < times) {
    const gap = await takeAway(id, way);
    gaps.push(gap);
    console.log(`${way} ${gaps.length}: ${JSON.stringify(gap)}`);
  }
  const spread = (figure) => {
    const all = gaps.map((gap) => gap[figure]);
    return { p50: quantile(all, 0.5), p99: quantile(all, 0.99), worst: Math.max(...all) };
  };
  const summary = { claimedMs: spread('claimedMs'), committedMs: spread('committedMs') };
  const repeated = gaps.reduce((sum, { rebuilt, finished }) => sum + rebuilt + finished, 0);
  console.log(`${way}: ${JSON.stringify(summary)}, batches run again: ${repeated}`);
  return { way, times, ...summary, batchesRunAgain: repeated, gaps };
}

async function takeAway(id, way) {
  await jobs.waitFor(id, ({ status }) => status === 'running', { timeoutMs: WAIT_MS });
  const { lastBatch } = await jobs.get(id);
  await until('there is a runner to go on with', WAIT_MS, async () => {
    const runners = (await instance.processes()).filter(({ role }) => role === 'runner');
    return runners.length >= RUNNERS ? true : undefined;
  });
  const calm = (job) => job.status === 'running' && job.lastBatch.batchId >= lastBatch.batchId + CALM_BATCHES;
  await jobs.waitFor(id, calm, { timeoutMs: WAIT_MS });
  // At any moment of the interval between batches and of that between checkpoints.
  await sleep(Math.random() * 2_000);
  const victim = await instance.runnerOf(id);
  const { epoch } = await jobs.get(id);
  const pids = [victim.pid, ...(await descendantsOf(victim.pid))];
  const atMs = Date.now();
  if (way === 'killed') kill(victim.pid, 'SIGKILL');
  if (way === 'drained') kill(victim.pid, 'SIGTERM');
  if (way === 'frozen') for (const pid of pids) kill(pid, 'SIGSTOP');
  // When it was committed says the service itself, so it is enough to look now and then: each look is work for the same cores.
  const look = async () => {
    const { items } = await jobs.batches(id, { limit: 10 });
    return items.findLast(({ commit }) => commit !== null && commit.epoch > epoch);
  };
  const batch = await until('the next batch is committed elsewhere', WAIT_MS, look, LOOK_EVERY_MS);
  if (way === 'frozen') for (const pid of pids) kill(pid, 'SIGKILL');
  const events = (await jobs.events(id, { limit: 50 })).items.filter(({ at }) => Date.parse(at) >= atMs);
  const [claimed, restored] = ['run.claimed', 'run.restored'].map((type) => events.find((one) => one.type === type));
  return {
    claimedMs: Date.parse(claimed.at) - atMs,
    restoredMs: Date.parse(restored.at) - atMs,
    committedMs: Date.parse(batch.commit.committedAt) - atMs,
    rebuilt: restored.data.rebuilt.length,
    finished: restored.data.finished.length,
  };
}

async function untilCheckpoint(id) {
  await until('a checkpoint holds the state', WAIT_MS, async () => {
    const { items } = await jobs.checkpoints(id, { limit: 1 });
    return items[0]?.status === 'complete' ? true : undefined;
  });
}

/** Up to the last newline: a writer that was stopped may have left half a line. */
async function wholeLines(folder, file) {
  let bytes = 0;
  let at = 0;
  for await (const chunk of createReadStream(join(folder, file))) {
    const newline = chunk.lastIndexOf(10);
    if (newline >= 0) bytes = at + newline + 1;
    at += chunk.length;
  }
  return { source: 'events', file, bytes };
}

/** Of each key, what the input has and what the output had last. A batch that was given twice would end too high. */
async function recount(input) {
  const expected = new Map();
  for (const name of [EVENTS_FILE, 'live-1.jsonl']) {
    await eachLine(join(input, name), ({ user, value }) => {
      const [count, sum] = expected.get(user) ?? [0, 0];
      expected.set(user, [count + 1, sum + value]);
    });
  }
  const last = new Map();
  let rows = 0;
  let wrong = 0;
  for (const part of await partsOf(folderOf(instance, 'failover-out'))) {
    await eachLine(part, ({ user, count, sum }) => {
      rows += 1;
      // Counts of a key only grow: a row that is there twice is no growth.
      if ((last.get(user)?.[0] ?? 0) >= count) wrong += 1;
      last.set(user, [count, sum]);
    });
  }
  for (const [user, [count, sum]] of expected) {
    const found = last.get(user);
    if (found?.[0] !== count || found[1] !== sum) wrong += 1;
  }
  return { rows, keys: expected.size, wrong };
}

async function eachLine(path, take) {
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line.endsWith('}')) take(JSON.parse(line));
  }
}
