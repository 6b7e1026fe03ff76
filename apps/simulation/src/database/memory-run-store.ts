import {
  JOB_LIFECYCLE,
  nextStatus,
  probationOf,
  RunStore,
  TidemarkError,
  type BatchCommit,
  type BatchLogEntry,
  type BatchLogResult,
  type BatchPlan,
  type CheckpointId,
  type ClaimedRun,
  type CompletedCheckpoint,
  type Fence,
  type LoggedBatch,
  type NewCheckpoint,
  type NewEvent,
  isAhead,
  type JobEvent,
  type Orders,
  type Progress,
  type RunEnd,
  type RunId,
  type RunnerId,
} from '@tidemark/domain';
import { beginCheckpoint, completeCheckpoint, rejectCheckpoint } from './checkpoint-writes.js';
import { copyOf, type Database, type Transact } from './database.js';
import { endRun, loseClaimedRun, moveOwnedJob, ownedBy } from './run-ends.js';
import { baseForRun } from './read-before.js';
import { progressOf } from './start-point.js';
import type { BatchRow, JobRow } from './tables.js';

/** The runner's side of the rows, as one runner process has it. */
export class MemoryRunStore extends RunStore {
  constructor(
    private readonly database: Database,
    private readonly transact: Transact,
    /** What nobody should ask for the time of a lease. */
    private readonly wallClockMs: () => number = database.nowMs,
  ) {
    super();
  }

  override registerRunner({ id }: { readonly id: RunnerId }): Promise<void> {
    return this.transact('register', () => {
      const heartbeatAtMs = this.database.nowMs();
      this.database.tables.runners.set(id, { id, status: 'alive', heartbeatAtMs, session: true });
      this.database.watch.heartbeat?.(id);
    });
  }

  override noteSandbox(): Promise<void> {
    return Promise.resolve();
  }

  override heartbeat(runnerId: RunnerId): ReturnType<RunStore['heartbeat']> {
    return this.transact('heartbeat', () => {
      const { tables, nowMs, rules, watch } = this.database;
      const runner = tables.runners.get(runnerId);
      if (runner?.status !== 'alive') return { outcome: 'lost' };
      runner.heartbeatAtMs = rules.leaseIsByPostgres ? nowMs() : this.wallClockMs();
      watch.heartbeat?.(runnerId);
      if (!runner.session) return { outcome: 'lost' };
      const orders = new Map<RunId, Orders>();
      for (const run of tables.runs.values()) {
        const job = run.runnerId === runnerId && run.status === 'claimed' ? tables.jobs.get(run.jobId) : undefined;
        if (job?.currentRunId === run.id) orders.set(run.id, ordersOf(job));
      }
      return { outcome: 'alive', orders };
    });
  }

  override disown(runId: RunId, runnerId: RunnerId): Promise<void> {
    return this.transact('disown', () => {
      const run = this.database.tables.runs.get(runId);
      if (run?.runnerId === runnerId && run.status === 'claimed') loseClaimedRun(this.database, run);
    });
  }

  /** Nothing takes these rows back, so whoever has seen more than they know is wrong. */
  override noteProgress({ jobId }: Pick<Fence, 'jobId'>, seen: Progress): Promise<boolean> {
    return this.transact('note progress', () => {
      const job = this.database.tables.jobs.get(jobId);
      if (job === undefined || !isAhead(seen, progressOf(job))) return false;
      this.database.watch.regressed?.(job, seen);
      return true;
    });
  }

  /** Nothing is poison here. */
  override setAside(): Promise<'done' | 'fenced'> {
    return Promise.reject(new Error('A record was set aside.'));
  }

  override noteSearch(): Promise<'done' | 'fenced'> {
    return Promise.reject(new Error('A record was looked for at which a batch fails.'));
  }

  override recordsToRedrive(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  override deadLettersWaiting(): Promise<number> {
    return Promise.resolve(0);
  }

  override retireRunner(runnerId: RunnerId): Promise<void> {
    return this.transact('retire runner', () => {
      const runner = this.database.tables.runners.get(runnerId);
      if (runner === undefined) return;
      if (runner.status === 'alive') runner.status = 'stopped';
      runner.session = false;
    });
  }

  override claim(runId: RunId, runnerId: RunnerId): Promise<ClaimedRun | undefined> {
    return this.transact('claim', () => claimRun(this.database, runId, runnerId));
  }

  override markRunning(fence: Fence): Promise<'done' | 'fenced'> {
    return this.transact('running', () => this.move(fence, 'restored'));
  }

  override markDraining(fence: Fence): Promise<'done' | 'fenced'> {
    return this.transact('draining', () => this.move(fence, 'drain'));
  }

  override markHealthy(fence: Fence, revision: number): Promise<'done' | 'fenced'> {
    return this.transact('healthy', () => {
      const job = ownedBy(this.database, fence);
      if (job === undefined) return 'fenced';
      this.database.watch.wrote?.(job, fence, 'that a revision is healthy');
      if (job.probation?.revision === revision) job.probation = null;
      return 'done';
    });
  }

  override end(fence: Fence, end: RunEnd): Promise<'done' | 'fenced'> {
    return this.transact(`end ${end.kind}`, () => {
      const as = this.database.rules.endIsFenced ? fence : ownerOf(this.database, fence);
      const job = ownedBy(this.database, as);
      if (job !== undefined) this.database.watch.wrote?.(job, fence, `the end of ${fence.runId}`);
      return endRun(this.database, as, end);
    });
  }

  override writeBatch(fence: Fence, entry: BatchLogEntry): Promise<BatchLogResult> {
    return entry.kind === 'plan'
      ? this.transact(`plan ${entry.plan.batchId}${isSkipping(entry.plan) ? ' that skips' : ''}`, () =>
          writePlan(this.database, fence, entry.plan),
        )
      : this.transact(`commit ${entry.commit.batchId}`, () =>
          writeCommit(this.database, fence, entry.commit, entry.next),
        );
  }

  override readBatches(fence: Fence, timeline: number, afterBatchId: number): Promise<readonly LoggedBatch[]> {
    return this.transact('read batches', () =>
      [...this.database.tables.batchesOf(fence.jobId, timeline).values()]
        .filter(({ plan }) => plan.batchId > afterBatchId)
        .sort((a, b) => a.plan.batchId - b.plan.batchId)
        .map(({ plan, nextOffsets, recordsSkipped }) => ({
          ...{ plan, nextOffsets: nextOffsets ?? undefined, recordsSkipped: recordsSkipped ?? undefined },
        })),
    );
  }

  override beginCheckpoint(fence: Fence, checkpoint: NewCheckpoint): ReturnType<RunStore['beginCheckpoint']> {
    return this.transact('begin checkpoint', () => beginCheckpoint(this.database, fence, checkpoint));
  }

  override completeCheckpoint(
    fence: Fence,
    id: CheckpointId,
    written: CompletedCheckpoint,
  ): ReturnType<RunStore['completeCheckpoint']> {
    return this.transact('complete checkpoint', () => completeCheckpoint(this.database, fence, id, written));
  }

  override rejectCheckpoint(fence: Fence, id: CheckpointId): ReturnType<RunStore['rejectCheckpoint']> {
    return this.transact('reject checkpoint', () => rejectCheckpoint(this.database, fence, id));
  }

  /** Events decide nothing. */
  override async appendEvents(_: Fence, events: readonly NewEvent[]): Promise<void> {
    for (const event of events) this.database.watch.told?.(event);
  }

  private move(fence: Fence, event: JobEvent): 'done' | 'fenced' {
    const job = ownedBy(this.database, fence);
    if (job !== undefined) this.database.watch.wrote?.(job, fence, `that a job is ${event}`);
    return moveOwnedJob(this.database, fence, event);
  }
}

const isSkipping = ({ skipped }: BatchPlan): boolean => skipped !== undefined;

/** The fence of whoever owns the job, for one that does not any more. */
const ownerOf = ({ tables }: Database, fence: Fence): Fence => {
  const { epoch, currentRunId } = tables.job(fence.jobId);
  return currentRunId === null ? fence : { ...fence, epoch, runId: currentRunId };
};

const ordersOf = ({ desired, revision, startMode, savepointWanted }: JobRow): Orders => ({
  ...{ desired, revision, checkpointStretch: 1, startsElsewhere: startMode !== null },
  savepoint: savepointWanted ?? undefined,
  // No job of the simulation has dead letters.
  redrive: false,
});

/** As commits and plans bring them along: without what a heartbeat alone knows. */
function batchOrdersOf(job: JobRow): Orders {
  const { checkpointStretch: _, ...orders } = ordersOf(job);
  return orders;
}

export function claimRun(database: Database, runId: RunId, runnerId: RunnerId): ClaimedRun | undefined {
  const { tables, rules, watch } = database;
  const run = tables.runs.get(runId);
  if (run === undefined || (rules.claimAsksWhetherQueued && run.status !== 'queued')) return undefined;
  const job = tables.jobs.get(run.jobId);
  if (job === undefined || tables.runners.get(runnerId)?.status !== 'alive') return undefined;
  const isWanted =
    job.currentRunId === runId && job.desired === 'running' && nextStatus(job.status, 'claim') !== undefined;
  if (rules.claimAsksWhetherQueued && !isWanted) return undefined;
  const before = job.epoch;
  job.epoch += 1;
  const status = JOB_LIFECYCLE.scheduled.claim;
  Object.assign(job, { currentRunId: runId, status, statusSinceMs: database.nowMs() });
  job.attempts += 1;
  Object.assign(run, { status: 'claimed', runnerId, epoch: job.epoch });
  const decision = tables.decisions.get(runId);
  if (decision === undefined) throw new Error(`The run ${runId} has no decision.`);
  const { tenantId, id: jobId, epoch } = job;
  const fence = { tenantId, jobId, runId, epoch };
  watch.claimed?.(job, fence, decision, before);
  const { manifest, requestId: _, ...revision } = tables.revision(jobId, run.revision);
  return {
    fence,
    ...{ tenantName: tenantId, jobName: jobId, manifest, decision },
    revision: { tenantId, jobId, ...revision, createdAt: new Date(0) },
    checkpoint: chosenCheckpoint(database, decision),
    base: baseForRun(database, job, manifest),
    progress: progressOf(job),
    probation: probationOf({ revision: job.revision, probation: job.probation ?? undefined }, run.revision),
    savepoint: job.savepointWanted ?? undefined,
    trace: undefined,
  };
}

function chosenCheckpoint({ tables }: Database, { verdict }: ClaimedRun['decision']): ClaimedRun['checkpoint'] {
  if (verdict.outcome !== 'start' || verdict.from.kind !== 'checkpoint') return undefined;
  if (verdict.from.withoutState === true) return undefined;
  const id = verdict.from.checkpointId;
  const row = tables.checkpoints.get(id);
  if (row === undefined) throw new TidemarkError('checkpoint_unreadable', { path: id, reason: 'its row is gone' });
  return copyOf(row);
}

const owns = (database: Database, fence: Fence, timeline: number): JobRow | undefined => {
  const job = ownedBy(database, fence);
  return job?.timeline === timeline ? job : undefined;
};

/** An existing plan is returned as it stands; a new one is written only while the job is wanted running. */
export function writePlan(database: Database, fence: Fence, plan: BatchPlan): BatchLogResult {
  const { tables, rules } = database;
  const job = rules.planIsFenced ? owns(database, fence, plan.timeline) : tables.jobs.get(fence.jobId);
  if (job === undefined) return { outcome: 'fenced' };
  const orders = batchOrdersOf(job);
  const existing = tables.batchesOf(job.id, plan.timeline).get(plan.batchId);
  if (existing !== undefined && rules.planIsImmutable) return { outcome: 'planned', plan: existing.plan, orders };
  if (existing === undefined && !mayPlan(database, job)) return { outcome: 'held_back', orders };
  insertPlan(database, job, fence, plan);
  return { outcome: 'planned', plan, orders };
}

export function writeCommit(
  database: Database,
  fence: Fence,
  commit: BatchCommit,
  next: BatchPlan | undefined,
): BatchLogResult {
  const { tables, rules, watch } = database;
  const job = rules.commitIsFenced ? owns(database, fence, commit.timeline) : tables.jobs.get(fence.jobId);
  const row = tables.batchesOf(fence.jobId, commit.timeline).get(commit.batchId);
  const isCommitted = row?.committedEpoch !== null && rules.commitIsOnce;
  if (job === undefined || row === undefined || isCommitted) return { outcome: 'fenced' };
  row.committedEpoch = fence.epoch;
  row.nextOffsets = commit.nextOffsets;
  row.recordsSkipped = commit.recordsSkipped;
  row.recordsIn = commit.recordsIn;
  row.processingMs = commit.processingMs;
  watch.committed?.(job, fence, row);
  job.lastTimeline = commit.timeline;
  job.lastBatchId = commit.batchId;
  job.lastBatchTimeMs = row.plan.batchTimeMs;
  job.lastOffsets = commit.nextOffsets;
  job.lastIdentities = commit.identities ?? {};
  job.attempts = 0;
  const nextPlanned = next !== undefined && mayPlan(database, job);
  if (nextPlanned) insertPlan(database, job, fence, next);
  return { outcome: 'committed', nextPlanned, orders: batchOrdersOf(job) };
}

const mayPlan = ({ rules }: Database, job: JobRow): boolean =>
  !rules.planAsksWhetherWanted || (job.desired === 'running' && job.startMode === null);

function insertPlan({ tables, watch }: Database, job: JobRow, fence: Fence, plan: BatchPlan): void {
  const batches = tables.batchesOf(job.id, plan.timeline);
  const before = batches.get(plan.batchId);
  const row: BatchRow = {
    ...{ plan, plannedEpoch: fence.epoch, committedEpoch: null, nextOffsets: null },
    ...{ recordsSkipped: null, recordsIn: 0, processingMs: 0 },
  };
  watch.planned?.(job, fence, row, before?.plan);
  batches.set(plan.batchId, row);
}
