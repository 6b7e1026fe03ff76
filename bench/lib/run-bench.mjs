import { cpus } from 'node:os';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aHome, Instance, root } from '@tidemark/e2e';
import { measureCheckpoints } from './checkpoints.mjs';
import { writeEvents } from './generate.mjs';
import { measureLatency } from './latency.mjs';
import { plotOf } from './plot.mjs';
import { tableOf } from './report.mjs';
import { folderOf } from './service.mjs';
import { measure } from './throughput.mjs';
import { WORKLOADS } from './workloads.mjs';

const SEEDS = { events: 1, left: 2, right: 3 };

/** Runs what the options ask for on a service of its own, prints a table, and writes bench/results/latest.*. */
export async function runBench(options) {
  const { home, remove } = await aHome();
  const say = (line) => console.log(line);
  try {
    const instance = await Instance.start(home);
    try {
      const results = [environment(options), ...(await runAll(instance, { ...options, say }))];
      await writeFile(join(root, 'bench/results/latest.json'), `${JSON.stringify(results, null, 2)}\n`);
      await writeFile(join(root, 'bench/results/latest.svg'), plotOf(results));
      say(`\n${tableOf(results)}`);
    } finally {
      await instance.stop();
    }
  } finally {
    await remove();
  }
}

async function runAll(instance, { only, keys, records, repetitions, seconds, checkpointKeys, say }) {
  const results = [];
  const chosen = WORKLOADS.filter(({ name }) => only.includes(name));
  for (const [index, count] of keys.entries()) {
    // What has no keys is measured once, and so is an extra figure.
    const middle = Math.floor(keys.length / 2);
    const workloads = chosen.filter(({ keyed, extra }) => index === (extra ? middle : keyed ? index : 0));
    await writeInputs(instance, workloads, { keys: count, records });
    for (const workload of workloads) {
      const keysSeen = workload.keyed ? count : null;
      results.push(await measure(instance, workload, { keys: keysSeen, repetitions, say }));
    }
  }
  const order = WORKLOADS.map(({ name }) => name);
  results.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name) || a.keys - b.keys);
  if (only.includes('latency')) results.push(await measureLatency(instance, { seconds, say }));
  if (only.includes('checkpoint')) {
    results.push(await measureCheckpoints(instance, { keys: checkpointKeys, repetitions, say }));
  }
  return results;
}

/** All sources together get `records` records. */
async function writeInputs(instance, workloads, { keys, records }) {
  const shares = new Map(
    workloads.flatMap(({ sources }) => sources.map((source) => [source, Math.floor(records / sources.length)])),
  );
  for (const [source, share] of shares) {
    await writeEvents(folderOf(instance, source), { records: share, keys, seed: SEEDS[source] });
  }
}

const environment = ({ quick, records, repetitions }) => ({
  name: 'environment',
  keys: null,
  recordsPerSecond: null,
  ratio: null,
  at: new Date().toISOString(),
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  quick,
  records,
  repetitions,
});
