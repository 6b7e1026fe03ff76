import {
  decideProbation,
  newProbation,
  nextStatus,
  RECENT_BATCHES,
  RECONCILE_WANTED_RUNNING,
  SchedulingStore,
  statusWithRun,
  type CheckpointId,
  type DeletedJob,
  type JobStatus,
  type LostRun,
  type OutboxEntry,
  type RestoreVerdict,
  type RunMessage,
  type ScheduleOutcome,
  type UnneededObjects,
} from '@tidemark/domain';
import type { Database, Transact } from './database.js';
import { pruneBatches, releaseForks, retire, type Doomed, doomedCheckpoints } from './retention.js';
import { loseClaimedRun } from './run-ends.js';
import { applyStartPoint, decideFor, recordOf, settleRollback, type Decided } from './start-point.js';
import type { JobRow, RunnerRow } from './tables.js';

/** How a scheduler process waits, and whether it thinks that it leads: two may, for a while. */
export interface Leadership {
  readonly leads: () => boolean;
  readonly wait: (ms: number) => Promise<void>;
}

/** The scheduler's side of the rows, as one scheduler process has it. */
export class MemorySchedulingStore extends SchedulingStore {
  constructor(
    private readonly database: Database,
    private readonly transact: Transact,
    private readonly leadership: Leadership = { leads: () => true, wait: () => Promise.resolve() },
  ) {
    super();
  }

  override async whileLeading(work: () => Promise<void>): Promise<boolean> {
    if (!this.leadership.leads()) return false;
    await work();
    return true;
  }

  override waitForWork(timeoutMs: number): Promise<void> {
    return this.leadership.wait(timeoutMs);
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  override async scheduleDueJobs(limit: number): Promise<readonly ScheduleOutcome[]> {
    const outcomes: ScheduleOutcome[] = [];
    while (outcomes.length < limit) {
      const outcome = await this.transact('schedule', () => {
        const job = dueJob(this.database);
        return job === undefined ? undefined : scheduleJob(this.database, job);
      });
      if (outcome === undefined) break;
      outcomes.push(outcome);
    }
    return outcomes;
  }

  override async endLostRuns(leaseMs: number): Promise<readonly LostRun[]> {
    const { tables } = this.database;
    const orphans = await this.transact('find lost runs', () => {
      for (const runner of tables.runners.values()) this.giveUpLost(runner, leaseMs);
      return [...tables.runs.values()].filter(
        ({ status, runnerId }) =>
          status === 'claimed' && runnerId !== null && tables.runners.get(runnerId)?.status !== 'alive',
      );
    });
    const lost: LostRun[] = [];
    for (const run of orphans) {
      const { id: runId, jobId, runnerId } = run;
      const status = await this.transact('end lost run', () => loseClaimedRun(this.database, run));
      if (status !== undefined && runnerId !== null) lost.push({ runId, jobId, runnerId, status });
    }
    return lost;
  }

  override countJobs(): Promise<ReadonlyMap<JobStatus, number>> {
    const statuses = [...this.database.tables.jobs.values()].map(({ status }) => status);
    return Promise.resolve(new Map([...Map.groupBy(statuses, (one) => one)].map(([one, all]) => [one, all.length])));
  }

  override readOutbox(limit: number): Promise<readonly OutboxEntry[]> {
    return this.transact('read outbox', () => this.database.tables.outbox.slice(0, limit));
  }

  override readDeletedJobs(): Promise<readonly DeletedJob[]> {
    return Promise.resolve([]);
  }

  override readUnneededObjects(): Promise<readonly UnneededObjects[]> {
    return Promise.resolve([]);
  }

  override removeFromOutbox(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return Promise.resolve();
    return this.transact('remove from outbox', () => {
      const { tables } = this.database;
      tables.outbox = tables.outbox.filter(({ id }) => !ids.includes(id));
    });
  }

  override longQueuedRuns(olderThanMs: number, limit: number): Promise<readonly RunMessage[]> {
    return this.transact('find queued runs', () => {
      const { tables, nowMs } = this.database;
      return [...tables.runs.values()]
        .filter(
          ({ id, jobId, status, createdAtMs }) =>
            status === 'queued' && tables.jobs.get(jobId)?.currentRunId === id && createdAtMs < nowMs() - olderThanMs,
        )
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit)
        .map(({ id: runId, jobId, tenantId }) => ({ runId, jobId, tenantId }));
    });
  }

  /** The statement looks first and locks then: a row that is held in between has another `holds` by then. */
  override async retireCheckpoints({
    perTimeline,
  }: {
    readonly perTimeline: number;
  }): Promise<readonly { readonly id: CheckpointId; readonly path: string }[]> {
    const doomed = await this.transact<readonly Doomed[]>('look for old checkpoints', () => {
      releaseForks(this.database);
      return doomedCheckpoints(this.database, perTimeline);
    });
    if (doomed.length === 0) return [];
    return this.transact('retire checkpoints', () => retire(this.database, doomed));
  }

  override forgetCheckpoints(ids: readonly CheckpointId[]): Promise<void> {
    return this.transact('forget checkpoints', () => {
      const { checkpoints } = this.database.tables;
      for (const id of ids) if (checkpoints.get(id)?.status === 'deleted') checkpoints.delete(id);
    });
  }

  /** No source of a simulated job holds what it has read. */
  override pruneBatches(ask: Parameters<SchedulingStore['pruneBatches']>[0]): Promise<number> {
    return this.transact('prune batches', () => pruneBatches(this.database, ask));
  }

  override pruneDeadLetters(): Promise<void> {
    return Promise.resolve();
  }

  override pruneRuns(): Promise<void> {
    return Promise.resolve();
  }

  override pruneEvents(): Promise<void> {
    return Promise.resolve();
  }

  override pruneIdempotencyKeys(): Promise<void> {
    return Promise.resolve();
  }

  private giveUpLost(runner: RunnerRow, leaseMs: number): void {
    const { id, status, session, heartbeatAtMs } = runner;
    const isOver = heartbeatAtMs < this.database.nowMs() - leaseMs;
    if (status !== 'alive' || (session && !isOver)) return;
    runner.status = 'lost';
    this.database.watch.runnerLost?.(id, session);
  }
}

/** The one that has been due the longest. */
function dueJob({ tables, nowMs }: Database): JobRow | undefined {
  return [...tables.jobs.values()]
    .filter(
      (job) =>
        job.desired === 'running' &&
        RECONCILE_WANTED_RUNNING[job.status] === 'enqueue' &&
        job.currentRunId === null &&
        (job.retryAtMs === null || job.retryAtMs <= nowMs()),
    )
    .sort((a, b) => dueSinceMs(a) - dueSinceMs(b))[0];
}

/** Decides the start of a job, and writes decision, run and announcement. */
export function scheduleJob(database: Database, job: JobRow): ScheduleOutcome {
  const { tables, ids, watch } = database;
  const decided = decideFor(database, job, job.revision);
  const { verdict } = decided.decision;
  const runId = ids.next('run');
  tables.decisions.set(runId, recordOf(database, job, runId, decided));
  if (verdict.outcome === 'start') settleRollback(database, job, 'begun', job.timeline + 1);
  else settleRollback(database, job, 'held');
  watch.decided?.(job, decided.decision);
  watch.startJudged?.(job, job.revision, decided.decision);
  if (verdict.outcome !== 'start') {
    job.startMode = null;
    return hold(database, job, verdict);
  }
  const left = job.timeline;
  applyStartPoint(database, job, decided);
  job.startMode = null;
  beginProbation(database, job, decided, left);
  const { id: jobId, tenantId, revision } = job;
  const status = statusWithRun(job.status);
  if (status === undefined) throw new Error(`A job that is ${job.status} cannot be given a run.`);
  const createdAtMs = database.nowMs();
  tables.runs.set(runId, {
    ...{ id: runId, tenantId, jobId, revision, createdAtMs, status: 'queued', runnerId: null, epoch: null },
  });
  Object.assign(job, { status, statusSinceMs: createdAtMs, currentRunId: runId, retryAtMs: null });
  tables.announce({ tenantId, jobId, runId });
  return { outcome: 'scheduled', jobId, runId, trigger: decided.trigger };
}

function hold(
  { nowMs }: Database,
  job: JobRow,
  verdict: Exclude<RestoreVerdict, { outcome: 'start' }>,
): ScheduleOutcome {
  const held = nextStatus(job.status, verdict.outcome === 'ask' ? 'ask' : 'fail');
  if (held !== 'awaiting_decision' && held !== 'failed') throw new Error(`A job that is ${job.status} cannot be held.`);
  job.status = held;
  job.statusSinceMs = nowMs();
  return { outcome: 'held', jobId: job.id, status: held };
}

/** What was usual is what was usual on the timeline that the job was on until this start. */
function beginProbation(
  { tables }: Database,
  job: JobRow,
  { checkpoint, health }: Decided,
  timelineBefore: number,
): void {
  const { id, revision, probation } = job;
  // Nobody sets offsets of a simulated job.
  const known = { id, revision, probation: probation ?? undefined, areOffsetsSet: false };
  const decision = decideProbation(known, checkpoint, health);
  if (decision.kind === 'is_over') job.probation = null;
  if (decision.kind !== 'begins') return;
  const recent = [...tables.batchesOf(job.id, timelineBefore).values()]
    .filter(({ committedEpoch }) => committedEpoch !== null)
    .sort((a, b) => b.plan.batchId - a.plan.batchId)
    .slice(0, RECENT_BATCHES);
  job.probation = newProbation(revision, { over: decision.over, health, recent });
}

const dueSinceMs = ({ statusSinceMs, retryAtMs }: JobRow): number => Math.max(statusSinceMs, retryAtMs ?? 0);
