// `node bench/large-state.mjs [keys] [memoryMb]`: what many keys cost. The keyed aggregate (bench/jobs/aggregate.ts) in a
// sandbox process as a runner starts it, with one record for each of 10 million keys, and then of twice as many: its
// resident memory, for how long a whole snapshot holds batches up, and how many bytes that has. Writes
// bench/results/large-state.json, and fails when the process takes more than memoryMb. Needs a build (`npm run build`).
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleJob } from '@tidemark/bundler';
import { root } from '@tidemark/e2e';
import { SandboxHost } from '@tidemark/sandbox';
import { eventLine } from './lib/generate.mjs';

const keys = Number(process.argv[2] ?? 10_000_000);
const memoryMb = Number(process.argv[3] ?? 2_048);
const KEYS_PER_BATCH = 250_000;
const MIB = 1024 * 1024;

/** Creates the keys from `from` up to but not including `to`. */
async function feed(graph, from, to) {
  for (let key = from; key < to;) {
    const first = key;
    let lines = '';
    for (; key < Math.min(to, first + KEYS_PER_BATCH); key += 1) lines += eventLine({ key, ts: key, bits: key });
    const range = { from: first, to: key };
    const chunk = { partition: 'all', range, offsetUnit: 'records', bytes: Buffer.from(lines) };
    const batchId = Math.floor(first / KEYS_PER_BATCH) + 1;
    await graph.run({ timeline: 1, batchId, batchTimeMs: batchId, sources: [{ uid: 'events', chunks: [chunk] }] });
  }
}

async function snapshot(graph) {
  const startedMs = performance.now();
  const blocks = await graph.snapshot('full');
  const freezeMs = performance.now() - startedMs;
  let snapshotBytes = 0;
  for (let block = await blocks.next(); block !== undefined; block = await blocks.next()) {
    snapshotBytes += block.bytes.length;
  }
  return { freezeMs: Math.round(freezeMs * 100) / 100, snapshotBytes };
}

/** Resident, from /proc. */
function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)[1]) / 1024);
  return { residentMib: mib('VmRSS'), residentMostMib: mib('VmHWM') };
}

const { code, sourceMap: map } = await bundleJob(join(root, 'bench/jobs/aggregate.ts'));
const host = await SandboxHost.open({ mode: 'auto', log: console.log });
try {
  await host.tested;
  const graph = await host.start({ id: 'large-state', code, map, limits: { memoryMb, cpuMsPerBatch: 120_000 } });
  const sizes = [];
  for (const [from, to] of [
    [0, keys],
    [keys, 2 * keys],
  ]) {
    const startedMs = performance.now();
    await feed(graph, from, to);
    const feedMs = Math.round(performance.now() - startedMs);
    const size = { keys: to, feedMs, ...(await snapshot(graph)), ...memoryOf(graph.pid) };
    sizes.push(size);
    console.log(
      `${to} keys: ${size.residentMib} MiB, at most ${size.residentMostMib}; freeze ${size.freezeMs} ms, snapshot ${Math.round(size.snapshotBytes / MIB)} MiB`,
    );
    if (size.residentMostMib > memoryMb) throw new Error(`It took more than ${memoryMb} MiB.`);
  }
  const result = { name: 'large state: one aggregate with many keys', at: new Date().toISOString(), memoryMb, sizes };
  await writeFile(join(root, 'bench/results/large-state.json'), `${JSON.stringify(result, null, 2)}\n`);
} finally {
  await host.close();
}
