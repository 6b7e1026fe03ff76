// From a record being due to the commit of the batch that brought it to the sink, on one clock.
//
// A process of its own appends records to a file of the job's `files` source every 2 ms; each carries the moment at which
// it was due. Committed is when the statement that commits the batch runs in Postgres (`committedAt`): the sink has the
// batch's rows durably before that, and the statement's own flush follows it (part of a millisecond on a local disk).
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '@tidemark/e2e';
import { batchesOf, clearOutput, folderOf, stop, submit, untilRead } from './service.mjs';
import { quantile } from './statistics.mjs';

const RECORDS_PER_SECOND = 10_000;
const WARM_SECONDS = 2;
const CHECKPOINT_EVERY_MS = 1_000;
const FILE = 'live-1.jsonl';

const run = promisify(execFile);

export async function measureLatency(instance, { seconds, say }) {
  const folder = folderOf(instance, 'live');
  await clearOutput(instance);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, FILE), '');
  const id = await submit(instance, 'latency', { checkpointIntervalMs: CHECKPOINT_EVERY_MS });
  await untilRunning(instance, id);
  const args = [join(folder, FILE), RECORDS_PER_SECOND, WARM_SECONDS + seconds].map(String);
  await run(process.execPath, [join(root, 'bench/lib/write-live.mjs'), ...args]);
  const live = await readFile(join(folder, FILE));
  await untilRead(instance, id, { source: 'live', file: FILE, bytes: live.length });
  await stop(instance, id);

  const batches = await batchesOf(instance, id);
  const latencies = latenciesOf(live, batches);
  const result = {
    name: 'latency',
    keys: null,
    recordsPerSecond: RECORDS_PER_SECOND,
    ratio: null,
    batchIntervalMs: 10,
    seconds,
    records: latencies.length,
    batches: batches.length,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    worstMs: quantile(latencies, 1),
  };
  for (const figure of ['p50Ms', 'p99Ms', 'worstMs']) result[figure] = Math.round(result[figure] * 10) / 10;
  say(`latency at ${RECORDS_PER_SECOND} records/s: p50 ${result.p50Ms} ms, p99 ${result.p99Ms} ms`);
  return result;
}

async function untilRunning({ tidemark: { jobs } }, id) {
  await jobs.waitFor(id, ({ status, lastBatch }) => status === 'running' && lastBatch !== null, { timeoutMs: 30_000 });
}

/** Of the records after the warm-up. */
function latenciesOf(bytes, batches) {
  const skipped = WARM_SECONDS * RECORDS_PER_SECOND;
  const latencies = [];
  let seen = 0;
  for (const { ranges, commit } of batches) {
    const { from, to } = ranges.live[FILE];
    const committedMs = Date.parse(commit.committedAt);
    const lines = bytes.toString('latin1', from, to).split('\n');
    lines.pop();
    for (const line of lines) {
      seen += 1;
      if (seen > skipped) latencies.push(committedMs - JSON.parse(line).ts);
    }
  }
  return latencies;
}
