import { execFile } from 'node:child_process';

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleJob } from '@tidemark/bundler';
import type { Batch, Job } from '@tidemark/sdk';
import { kill, root, type Instance } from './instance.js';
import { until } from './until.js';

const run = promisify(execFile);
const example = join(root, 'examples/nexmark');
const bin = (name: string): string => join(example, `dist/bin/${name}.js`);

/** The folder that each source of the example's jobs reads. */
const FOLDERS: { readonly [source: string]: string } = {
  people: 'person',
  auctions: 'auction',
  bids: 'bid',
  side: 'side',
};
const RUN_MS_MAX = 120_000;

export interface QueryCheck {
  readonly equal: boolean;
  readonly expectedRows: number;
  readonly rows: number;
  readonly missing: readonly unknown[];
  readonly unexpected: readonly unknown[];
}

export interface QueryRun {
  readonly job: Job;
  /** Whether the runner was killed before the job was finished. */
  readonly wasKilled: boolean;
  readonly batches: readonly Batch[];
}

/** Writes events where the example's jobs read them: 1,000 a second of event time, so that there are many windows. */
export async function prepareNexmark({ files }: Instance, events: number): Promise<void> {
  const options = ['--events', String(events), '--rate', '1000'];
  await run(process.execPath, [bin('generate'), '--out', join(files, 'nexmark'), ...options]);
}

/** Writes the events that let windows and auctions close: only queries that keep time may see them. */
export async function closeNexmark({ files }: Instance): Promise<void> {
  await run(process.execPath, [bin('close'), '--in', join(files, 'nexmark')]);
}

/** Runs the job of a query over all events, and kills its runner half way. */
export async function runNexmark(instance: Instance, query: string): Promise<QueryRun> {
  const { jobs } = instance.tidemark;
  const { id } = await jobs.submit({ bundle: await bundleJob(join(example, `src/jobs/${query}.ts`)) });
  const look = async (): Promise<Job> => {
    const job = await jobs.get(id);
    if (job.status === 'failed') throw new Error(`The job of ${query} has failed: ${job.reason?.message ?? ''}`);
    return job;
  };
  const atHalf = await until(`${query} is half way`, RUN_MS_MAX, async () => {
    const job = await look();
    return job.status === 'finished' || (await isHalfWay(instance, job)) ? job : undefined;
  });
  const runnerId = atHalf.currentRun?.runnerId;
  const victim = (await instance.processes()).find((process) => process.id === runnerId);
  if (victim !== undefined) kill(victim.pid, 'SIGKILL');
  const job = await until(`${query} is finished`, RUN_MS_MAX, async () => {
    const seen = await look();
    return seen.status === 'finished' ? seen : undefined;
  });
  const batches: Batch[] = [];
  for await (const batch of jobs.batches(id, { limit: 100 })) batches.unshift(batch);
  return { job, wasKilled: new Set(batches.map(({ commit }) => commit?.epoch)).size > 1, batches };
}

/** Holds what a query's job wrote against the answer of DuckDB, in a process of its own. */
export async function checkNexmark({ files }: Instance, query: string): Promise<QueryCheck> {
  const options = ['--events', join(files, 'nexmark'), '--rows', join(files, 'nexmark-rows', query), '--json'];
  const { stdout } = await run(process.execPath, [bin('check'), '--query', query, ...options]).catch(
    (error: unknown) => {
      // A check that finds a difference ends with code 1 and still says what it is.
      if (error instanceof Error && 'stdout' in error && String(error.stdout).startsWith('{'))
        return { stdout: String(error.stdout) };
      throw error;
    },
  );
  return JSON.parse(stdout) as QueryCheck;
}

async function isHalfWay({ files }: Instance, { lastBatch }: Job): Promise<boolean> {
  if (lastBatch === null) return false;
  let [read, all] = [0, 0];
  for (const [source, offsets] of Object.entries(lastBatch.offsets)) {
    read += Object.values(offsets).reduce((sum, offset) => sum + offset, 0);
    const folder = join(files, 'nexmark', FOLDERS[source] ?? source);
    for (const name of await readdir(folder)) all += (await stat(join(folder, name))).size;
  }
  return read >= all / 2;
}
