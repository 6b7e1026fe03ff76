import type { Job } from '@tidemark/sdk';
import { Client } from 'pg';
import { kill, type Instance } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { environmentOf } from './processes.js';
import { until } from './until.js';

const WAIT_MS_MAX = 300_000;
const SUBMITTED_AT_ONCE = 4;
const LOOK_EVERY_MS = 100;

/** What came of a herd of jobs whose runners were all killed at one moment. */
export interface Stampede {
  readonly jobs: number;
  /** From the kill until the last job was running again, and had committed a batch. */
  readonly runningMs: number;
  /** The most starts that one job needed. */
  readonly startsMax: number;
  /** The largest share of all starts that fell into one second, from 0 to 1. */
  readonly busiestSecond: number;
  /** Starts in each second after the kill. */
  readonly startsBySecond: readonly number[];
  /** The most connections that processes of one name had to Postgres together, by name. */
  readonly connections: { readonly [application: string]: number };
}

/** Submits that many small jobs and waits until each has committed a batch. */
export async function submitHerd({ tidemark: { jobs } }: Instance, count: number): Promise<readonly string[]> {
  const bundle = await bundleOf('herd');
  const ids: string[] = [];
  for (let made = 0; made < count; made += SUBMITTED_AT_ONCE) {
    const names = Array.from({ length: Math.min(SUBMITTED_AT_ONCE, count - made) }, (_, one) => `herd-${made + one}`);
    const submitted = await Promise.all(names.map((name) => jobs.submit({ name, bundle })));
    ids.push(...submitted.map(({ id }) => id));
  }
  for (const id of ids) await jobs.waitFor(id, ({ lastBatch }) => lastBatch !== null, { timeoutMs: WAIT_MS_MAX });
  return ids;
}

/** Kills every runner at once, and waits until every job of the herd has committed a batch in a new run. */
export async function stampede(instance: Instance, ids: readonly string[]): Promise<Stampede> {
  const before = await herd(instance);
  const runners = (await instance.processes()).filter(({ role }) => role === 'runner');
  const watched = await ConnectionCount.open(runners[0]?.pid ?? process.pid);
  const killedAtMs = Date.now();
  for (const { pid } of runners) kill(pid, 'SIGKILL');
  try {
    const after = await until('the herd runs again', WAIT_MS_MAX, async () => {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      await watched.look();
      const now = await herd(instance);
      return ids.every((id) => isBack(before.get(id), now.get(id))) ? now : undefined;
    });
    const runningMs = Date.now() - killedAtMs;
    const starts = ids.map((id) => (after.get(id)?.epoch ?? 0) - (before.get(id)?.epoch ?? 0));
    const startsBySecond = await startsAfter(instance, ids, killedAtMs);
    const all = startsBySecond.reduce((sum, one) => sum + one, 0);
    return {
      jobs: ids.length,
      runningMs,
      startsMax: Math.max(...starts),
      busiestSecond: Math.max(...startsBySecond) / all,
      startsBySecond,
      connections: watched.most,
    };
  } finally {
    await watched.close();
  }
}

async function herd({ tidemark: { jobs } }: Instance): Promise<ReadonlyMap<string, Job>> {
  const all = new Map<string, Job>();
  for await (const job of jobs.list({ limit: 100 })) all.set(job.id, job);
  return all;
}

const isBack = (before: Job | undefined, now: Job | undefined): boolean =>
  now?.status === 'running' &&
  now.epoch > (before?.epoch ?? 0) &&
  (now.lastBatch?.batchId ?? 0) > (before?.lastBatch?.batchId ?? 0);

/** By the second after `sinceMs` in which a run of one of the jobs was claimed. */
async function startsAfter({ tidemark: { jobs } }: Instance, ids: readonly string[], sinceMs: number) {
  const counts: number[] = [];
  for (const id of ids) {
    for (const { claimedAt } of (await jobs.runs(id, { limit: 20 })).items) {
      const second = Math.floor((Date.parse(claimedAt ?? '') - sinceMs) / 1_000);
      if (second >= 0) counts[second] = (counts[second] ?? 0) + 1;
    }
  }
  return Array.from(counts, (count) => count ?? 0);
}

/** How many connections there are to the service's database, by the name that they carry. */
class ConnectionCount {
  readonly most: { [application: string]: number } = {};

  private constructor(private readonly client: Client) {}

  static async open(runnerPid: number): Promise<ConnectionCount> {
    const { TIDEMARK_DATABASE_URL: connectionString } = await environmentOf(runnerPid);
    const client = new Client({ connectionString, application_name: 'watching' });
    await client.connect();
    return new ConnectionCount(client);
  }

  async look(): Promise<void> {
    const { rows } = await this.client.query<{ name: string; count: number }>(
      'SELECT application_name AS name, count(*)::integer AS count FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1',
    );
    for (const { name, count } of rows) this.most[name] = Math.max(this.most[name] ?? 0, count);
  }

  close(): Promise<void> {
    return this.client.end();
  }
}
