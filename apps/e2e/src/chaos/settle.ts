import { setTimeout as sleep } from 'node:timers/promises';
import { dumpJob, dumpStacks } from './dump.js';
import { startJob } from './orders.js';
import type { WatchedJob } from './watched-job.js';
import type { JobRow } from './witness.js';
import { insist, type World } from './world.js';

/** A job that is wanted running and does not commit for that long, with nothing in its way, is stuck. */
const STUCK_MS = 60_000;
/** Also one that commits all the time and never comes to the end of its input. */
const SETTLE_MS_MAX = 180_000;
const LOOK_EVERY_MS = 250;
/** They have ended by then, unless nobody ended them. */
const FAULTS_MS_MAX = 60_000;

export interface Settled {
  /** By id: where each job is at rest, or does nothing because there is nothing to read. */
  readonly rows: ReadonlyMap<string, JobRow>;
  readonly stuck: readonly string[];
  /** Jobs that ended by themselves, or wait for somebody without a reason. */
  readonly failed: readonly string[];
}

/** Waits until all faults are over, everything runs, and every job that is wanted running has read all there is. */
export async function settle(world: World, signal: AbortSignal): Promise<Settled> {
  await Promise.race([Promise.all(world.faults.values()), sleep(FAULTS_MS_MAX, undefined, { ref: false })]);
  await world.cluster.untilReady();
  const rows = new Map<string, JobRow>();
  const stuck: string[] = [];
  const failed: string[] = [];
  const settleJob = async (job: WatchedJob): Promise<void> => {
    for (const patience = new Patience(); !signal.aborted; await sleep(LOOK_EVERY_MS)) {
      const row = await world.witness.job(job.id);
      rows.set(job.id, row);
      if (isAtRest(job, row)) return;
      if (row.status === 'failed') failed.push(`${job.name} has failed: ${row.statusReason ?? ''}`);
      if (row.status === 'awaiting_decision' && job.damaged.size === 0)
        failed.push(`${job.name} waits for a decision: ${row.statusReason ?? ''}`);
      if (row.status === 'failed' || row.status === 'awaiting_decision') await startAnew(world, job, row.status);
      const why = patience.endsWith(row);
      if (why === undefined) continue;
      stuck.push(`${job.name} is ${row.status} and ${why}: see ${await dumpJob(world, job)}`);
      return;
    }
  };
  await Promise.all(world.jobs.map(settleJob));
  if (stuck.length > 0) await dumpStacks(world);
  stuck.push(...(await leftOver(world, signal)));
  return { rows, stuck, failed };
}

/** What has to vanish by itself and does not. */
async function leftOver({ witness, retired }: World, signal: AbortSignal): Promise<readonly string[]> {
  const kinds = {
    'announcements were not sent': () => witness.announcements(),
    'checkpoints that nobody writes any more were not collected': () => witness.abandonedCheckpoints(),
    'orders to go back were not decided on': () => witness.undecidedRollbacks(),
    'jobs were cancelled and are not over': () => witness.unfinishedOf(retired.map(({ id }) => id)),
    'checkpoints are still held for forks that have one of their own': () => witness.needlessPins(),
  };
  const deadlineMs = performance.now() + STUCK_MS;
  const untilNone = async ([what, count]: [string, () => Promise<number>]): Promise<readonly string[]> => {
    for (;;) {
      const left = await count();
      if (left === 0 || signal.aborted) return [];
      if (performance.now() > deadlineMs) return [`${left} ${what} within ${STUCK_MS / 1_000} s`];
      await sleep(LOOK_EVERY_MS);
    }
  };
  return (await Promise.all(Object.entries(kinds).map(untilNone))).flat();
}

function isAtRest(job: WatchedJob, row: JobRow): boolean {
  const { desired, status, revision, runRevision } = row;
  if (desired === 'running') return status === 'running' && runRevision === revision && job.hasReadAll(row);
  return (status === 'stopped' || status === 'cancelled') && row.runnerId === null;
}

/** A job that may not take any checkpoint waits for somebody to say what next. */
async function startAnew(world: World, job: WatchedJob, status: 'failed' | 'awaiting_decision'): Promise<void> {
  if (status === 'failed') {
    await startJob(world, job);
    return;
  }
  job.resetsOrdered += 1;
  await insist(async () => (await world.cluster.tidemark.jobs.start(job.id, { from: 'offsets-only' })).status);
}

/** Knows how long a job has not come on. */
class Patience {
  private readonly sinceMs = performance.now();
  private progressMs = performance.now();
  private progress = '';

  /** Why it is over; undefined as long as it is not. */
  endsWith({ lastTimeline, lastBatchId }: JobRow): string | undefined {
    const nowMs = performance.now();
    const progress = `${lastTimeline}/${lastBatchId}`;
    if (progress !== this.progress) this.progressMs = nowMs;
    this.progress = progress;
    if (nowMs - this.progressMs > STUCK_MS) return `has committed nothing for ${STUCK_MS / 1_000} s`;
    if (nowMs - this.sinceMs > SETTLE_MS_MAX) return `has not read what there is within ${SETTLE_MS_MAX / 1_000} s`;
    return undefined;
  }
}
