// The service as it is installed, every part its own process, and what a benchmark asks of it.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleJob } from '@tidemark/bundler';
import { root } from '@tidemark/e2e';

const TIMEOUT_MS = 600_000;
const LOOK_EVERY_MS = 50;

/** Bounds wide enough to be of no account. */
const LIMITS = { memoryMb: 4_096, cpuMsPerBatch: 120_000 };

export const folderOf = (instance, name) => join(instance.files, 'bench', name);

let submitted = 0;

/** Submits bench/jobs/<name>.ts under a name of its own. */
export async function submit(instance, name, { checkpointIntervalMs }) {
  submitted += 1;
  const bundle = await bundleJob(join(root, `bench/jobs/${name}.ts`));
  const config = { checkpointIntervalMs, limits: LIMITS };
  const { id } = await instance.tidemark.jobs.submit({ name: `${name}-${submitted}`, bundle, config });
  return id;
}

/** Waits for the end of a job that ends by itself, with a last checkpoint; of one that was started again, for the next. */
export const untilFinished = ({ tidemark: { jobs } }, id, { afterEpoch = 0 } = {}) =>
  waitFor(jobs, id, ({ status, epoch }) => status === 'finished' && epoch > afterEpoch);

/** Waits until `bytes` of a file have been read and what came of them is committed. */
export const untilRead = ({ tidemark: { jobs } }, id, { source, file, bytes }) =>
  waitFor(jobs, id, ({ lastBatch }) => (lastBatch?.offsets[source]?.[file] ?? 0) >= bytes);

/** Brings the job to a stop, with a last checkpoint. */
export async function stop({ tidemark: { jobs } }, id) {
  await jobs.stop(id);
  await waitFor(jobs, id, ({ status }) => status === 'stopped');
}

/** Polls evenly and not often: the machine is busy with what is measured. */
async function waitFor(jobs, id, predicate) {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  for (;;) {
    const job = await jobs.get(id);
    if (predicate(job)) return;
    if (job.status === 'failed' || job.status === 'awaiting_decision') {
      throw new Error(`The job ${job.name} is ${job.status}: ${JSON.stringify(job.reason)}`);
    }
    if (performance.now() > deadlineMs) throw new Error(`The job ${job.name} did not get on in ${TIMEOUT_MS} ms.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** The batches that read something, in order. */
export async function batchesOf({ tidemark: { jobs } }, id) {
  const batches = [];
  for await (const batch of jobs.batches(id, { limit: 100 })) {
    if (batch.commit !== null && batch.commit.recordsIn > 0) batches.push(batch);
  }
  return batches.reverse();
}

/** Completed checkpoints, oldest first: `{ kind, batchId, stateRows, bytes, pauseMs, durableMs }`. */
export async function checkpointsOf({ tidemark: { jobs } }, id) {
  const told = new Map();
  for (const { type, data } of await allEvents(jobs, id)) {
    if (type === 'checkpoint.completed') told.set(data.checkpointId, data);
  }
  const checkpoints = [];
  for await (const { id: checkpointId, createdAt, completedAt } of jobs.checkpoints(id, { limit: 100 })) {
    const data = told.get(checkpointId);
    if (data === undefined) continue;
    const { kind, batchId, stateRows, bytesWritten: bytes, pauseMs } = data;
    const durableMs = pauseMs + Date.parse(completedAt) - Date.parse(createdAt);
    checkpoints.push({ kind, batchId, stateRows, bytes, pauseMs, durableMs });
  }
  return checkpoints.reverse();
}

/** How long each run of the job took from its claim to being ready for its first batch. */
export async function restoresOf({ tidemark: { jobs } }, id) {
  return (await allEvents(jobs, id)).flatMap(({ type, data }) => (type === 'run.restored' ? [data] : []));
}

async function allEvents(jobs, id) {
  const events = [];
  for await (const event of jobs.events(id, { after: '0', limit: 100 })) events.push(event);
  return events;
}

export async function runnerPids(instance) {
  return (await instance.processes()).filter(({ role }) => role === 'runner').map(({ pid }) => pid);
}

/** A folder that the next job's sink may claim. */
export const clearOutput = (instance) => rm(folderOf(instance, 'out'), { recursive: true, force: true });

/** The parts of a `files` sink, in the order of their batches. */
export async function partsOf(folder) {
  const entries = await readdir(folder, { recursive: true });
  return entries
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => join(folder, name));
}
