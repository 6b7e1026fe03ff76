import {
  AT_REST_STATUSES,
  decideOrder,
  nextStatus,
  NO_UPGRADE_OPTIONS,
  planUpgrade,
  withoutObjections,
  type BundleDigest,
  type BundleManifest,
  type Checkpoint,
  type CheckpointId,
  type JobConfig,
  type JobEvent,
  type JobId,
  type JobOrder,
  type JobStatus,
  type RollbackId,
  type SavepointId,
  type StartMode,
  type TenantId,
  type UpgradeAnswer,
} from '@tidemark/domain';
import { answerSavepoints } from './checkpoint-writes.js';
import { checkpointOf, copyOf, holdCheckpoints, pin, type Database, type Transact } from './database.js';
import { isOwned } from './run-ends.js';
import { readUntilNow } from './read-before.js';
import { identitiesBackAt, pendingRollback, standingOf, supersedeRollback } from './start-point.js';
import { nextSavepoint, releaseSavepoint } from './savepoints.js';
import type { CheckpointRow, JobRow } from './tables.js';
import { newestFirst } from './tables.js';
import { factsOf } from './upgrade-facts.js';

const AT_REST: readonly JobStatus[] = ['failed', 'awaiting_decision', 'finished'];

interface Change {
  readonly set: Partial<JobRow>;
  readonly event: JobEvent | undefined;
  readonly supersedes: boolean;
}

export interface NewRevisionOf {
  readonly bundleDigest: BundleDigest;
  readonly config: JobConfig;
  readonly requestId: string;
}

/** What the owner of a job orders, each in one transaction. Answers with the outcome that the API would be told. */
export class MemoryControl {
  constructor(
    private readonly database: Database,
    private readonly transact: Transact,
  ) {}

  create(job: {
    readonly id: JobId;
    readonly tenantId: TenantId;
    readonly bundleDigest: BundleDigest;
    readonly config: JobConfig;
  }): Promise<string> {
    return this.transact('submit', () => {
      insertJob(this.database, job, {});
      return 'created';
    });
  }

  order(id: JobId, order: JobOrder, startMode?: StartMode): Promise<string> {
    return this.transact(`order ${order}`, () => {
      const job = this.database.tables.job(id);
      const decision = decideOrder(job, order);
      if (decision.kind === 'refused') return 'refused';
      if (startMode !== undefined && (job.currentRunId !== null || !isAtRest(job.status))) return 'in_use';
      if (decision.kind === 'as_it_is') return 'ordered';
      if (startMode?.mode === 'checkpoint' && !this.isHeld(id, startMode.checkpointId)) return 'checkpoint_gone';
      const left = startMode === undefined ? undefined : supersedeRollback(this.database, job);
      const event = order === 'cancel' && !this.database.rules.cancelIsAtOnce ? undefined : decision.event;
      const set: Partial<JobRow> = {
        desired: decision.desired,
        startMode: startMode ?? pendingRollback(job) ?? null,
        ...(startMode === undefined ? {} : { probation: null }),
        ...(left === undefined ? {} : { revision: left }),
        ...(order === 'start' ? ({ attempts: 0, retryAtMs: null, startTrigger: 'resume' } as const) : {}),
      };
      this.apply(job, { set, event, supersedes: event !== undefined });
      return 'ordered';
    });
  }

  addRevision(id: JobId, { bundleDigest, config, requestId }: NewRevisionOf): Promise<string> {
    return this.transact('deploy', () => {
      const { tables, rules, watch } = this.database;
      const job = tables.job(id);
      const revisions = tables.revisions.get(id) ?? [];
      if (rules.deploymentIsKnownAgain && this.isMade(id, requestId)) return 'ordered';
      if (job.status === 'cancelled' || job.desired === 'cancelled') return 'refused';
      const manifest = bundleOf(this.database, bundleDigest);
      const plan = planUpgrade(factsOf(this.database, job), { manifest, config, options: NO_UPGRADE_OPTIONS });
      if (plan.outcome === 'refuse') return 'upgrade_refused';
      const number = Math.max(...revisions.map((one) => one.number)) + 1;
      const row = { number, bundleDigest, config, options: NO_UPGRADE_OPTIONS, requestId };
      revisions.push(row);
      watch.deployed?.(job, row);
      if (plan.outcome === 'ask') job.upgrade = { revision: number, objections: plan.objections };
      else this.apply(job, deploy(job, number));
      return 'ordered';
    });
  }

  decideUpgrade(id: JobId, answer: UpgradeAnswer): Promise<string> {
    return this.transact('decide upgrade', () => {
      const { tables } = this.database;
      const job = tables.job(id);
      if (job.upgrade === null) return 'nothing_to_decide';
      if (job.status === 'cancelled' || job.desired === 'cancelled') return 'refused';
      const number = job.upgrade.revision;
      if (answer === 'abandon') {
        job.upgrade = null;
        return 'ordered';
      }
      const { manifest, config, options } = tables.revision(id, number);
      const facts = factsOf(this.database, job);
      const allowed = withoutObjections(planUpgrade(facts, { manifest, config, options }), options);
      if (planUpgrade(facts, { manifest, config, options: allowed }).outcome !== 'proceed') return 'upgrade_refused';
      const row = tables.revisions.get(id)?.find((one) => one.number === number);
      if (row !== undefined) row.options = allowed;
      this.apply(job, deploy(job, number));
      return 'ordered';
    });
  }

  rollBack(
    id: JobId,
    {
      rollbackId,
      checkpointId,
      requestId,
    }: { readonly rollbackId: RollbackId } & {
      readonly checkpointId: CheckpointId;
      readonly requestId: string;
    },
  ): Promise<string> {
    return this.transact('roll back', () => {
      const { tables, rules, watch } = this.database;
      const job = tables.job(id);
      if (rules.rollbackIsKnownAgain && this.isMade(id, requestId)) return 'ordered';
      if (job.status === 'cancelled' || job.desired === 'cancelled') return 'refused';
      const row = checkpointOf(this.database, checkpointId, id);
      if (row === undefined) return 'checkpoint_gone';
      if (row.status !== 'complete') return 'not_restorable';
      if (!holdCheckpoints(this.database, row, [...row.buildsOn, row.path])) return 'checkpoint_gone';
      const left = supersedeRollback(this.database, job);
      const { revision } = row;
      const rollback = {
        ...{ id: rollbackId, jobId: id, checkpointId, requestId, fromTimeline: job.timeline },
        ...{ fromRevision: left ?? job.revision, toRevision: revision },
        ...({ status: 'ordered', timeline: null } as const),
      };
      tables.rollbacks.push(rollback);
      forgetOldRollbacks(tables, id);
      const startMode: StartMode = { mode: 'checkpoint', checkpointId, rollbackId };
      this.apply(job, {
        set: { revision, startMode, attempts: 0, retryAtMs: null, probation: null },
        event: job.desired === 'running' && AT_REST.includes(job.status) ? 'restart' : undefined,
        supersedes: !isOwned(job.status),
      });
      watch.rollbackOrdered?.(job, rollback);
      return 'ordered';
    });
  }

  requestSavepoint(id: JobId, savepointId: SavepointId, requestId: string): Promise<string> {
    return this.transact('ask for a savepoint', () => {
      const { tables, rules, watch } = this.database;
      const job = tables.job(id);
      const isAsked = tables.savepoints.some((one) => one.jobId === id && one.requestId === requestId);
      if (isAsked && rules.savepointIsKnownAgain) return 'requested';
      if (job.status === 'cancelled' || job.desired === 'cancelled') return 'cancelled';
      const isToMove = job.currentRunId !== null || !isAtRest(job.status) || pendingRollback(job) !== undefined;
      const at = isToMove ? undefined : checkpointAt(this.database, job);
      if (!isToMove && (at?.jobId !== id || !this.isHeld(id, at.id))) return 'no_state';
      const number = nextSavepoint(this.database, job);
      tables.savepoints.push({
        ...{ id: savepointId, jobId: id, number, requestId, status: 'requested', checkpointId: null },
      });
      Object.assign(job, { savepointWanted: number, savepointsAsked: number });
      watch.savepointAsked?.(job, number);
      if (at !== undefined) answerSavepoints(this.database, job, at, number);
      return 'requested';
    });
  }

  releaseSavepoint(id: JobId, savepointId: SavepointId): Promise<boolean> {
    return this.transact('let go of a savepoint', () => releaseSavepoint(this.database, id, savepointId));
  }

  fork(of: JobId, fork: { readonly id: JobId; readonly checkpointId: CheckpointId }): Promise<string> {
    return this.transact('fork', () => {
      const { tables, watch } = this.database;
      const { tenantId } = tables.job(of);
      const row = checkpointOf(this.database, fork.checkpointId, of);
      if (row?.status !== 'complete') return 'checkpoint_gone';
      const { bundleDigest, config } = tables.revision(of, row.revision);
      if (!pin(this.database, row, { owner: `fork/${fork.id}`, forJobId: fork.id })) return 'checkpoint_gone';
      const { batchId: baseBatchId, batchTimeMs: baseBatchTimeMs, offsets: baseOffsets, id: baseCheckpointId } = row;
      const base: Partial<JobRow> = {
        baseBatchId,
        baseBatchTimeMs,
        baseOffsets,
        ...knownToFork(this.database, tables.job(of), copyOf(row)),
        baseCheckpointId,
        startTrigger: 'fork',
      };
      const job = insertJob(this.database, { id: fork.id, tenantId, bundleDigest, config }, base);
      watch.forked?.(job, copyOf(row));
      return 'forked';
    });
  }

  /** Whether what this request asks of the job was done before. */
  private isMade(id: JobId, requestId: string): boolean {
    const { tables } = this.database;
    const made = [...(tables.revisions.get(id) ?? []), ...tables.rollbacks.filter(({ jobId }) => jobId === id)];
    return made.some((one) => one.requestId === requestId);
  }

  /** Holds a complete checkpoint of the job with all that it builds on; false if there is none. */
  private isHeld(id: JobId, checkpointId: CheckpointId): boolean {
    const row = checkpointOf(this.database, checkpointId, id);
    return row?.status === 'complete' && holdCheckpoints(this.database, row, [...row.buildsOn, row.path]);
  }

  private apply(job: JobRow, { set, event, supersedes }: Change): void {
    const { tables, nowMs } = this.database;
    const run = job.currentRunId === null ? undefined : tables.runs.get(job.currentRunId);
    Object.assign(job, set);
    const moved = event === undefined ? undefined : nextStatus(job.status, event);
    if (moved !== undefined) Object.assign(job, { status: moved, statusSinceMs: nowMs() });
    if (!supersedes) return;
    job.currentRunId = null;
    if (run?.status === 'queued') run.status = 'superseded';
  }
}

const ROLLBACKS_KEPT = 100;

function forgetOldRollbacks(tables: Database['tables'], jobId: JobId): void {
  const ids = tables.rollbacks.filter((one) => one.jobId === jobId).map(({ id }) => id);
  const oldest = ids.toSorted().at(-ROLLBACKS_KEPT) ?? '';
  tables.rollbacks = tables.rollbacks.filter((one) => one.jobId !== jobId || one.id >= oldest);
}

const isAtRest = (status: JobStatus): boolean => (AT_REST_STATUSES as readonly JobStatus[]).includes(status);

function deploy(job: JobRow, revision: number): Change {
  return {
    set: { revision, attempts: 0, retryAtMs: null, startTrigger: 'redeploy', upgrade: null },
    event: job.desired === 'running' && AT_REST.includes(job.status) ? 'restart' : undefined,
    supersedes: !isOwned(job.status),
  };
}

const bundleOf = ({ tables }: Database, digest: BundleDigest): BundleManifest => {
  const manifest = tables.bundles.get(digest);
  if (manifest === undefined) throw new Error(`There is no bundle ${digest}.`);
  return manifest;
};

/** What a fork knows of the partitions where it begins: also how far the other job has read them since. */
const knownToFork = (
  database: Database,
  of: JobRow,
  checkpoint: Checkpoint,
): Pick<JobRow, 'baseIdentities' | 'readByOthers'> => ({
  baseIdentities: database.rules.forkKnowsReach ? identitiesBackAt(of, checkpoint) : (checkpoint.identities ?? {}),
  readByOthers: database.rules.forkKnowsReach ? readUntilNow(database, of) : {},
});

/** The complete checkpoint whose state is exactly that of the job as it stands. */
function checkpointAt(database: Database, job: JobRow): CheckpointRow | undefined {
  const [newest] = database.tables
    .checkpointsOf(job.id)
    .filter(({ timeline, status }) => timeline === job.timeline && status === 'complete')
    .sort(newestFirst);
  if (newest?.batchId === standingOf(job).batchId) return newest;
  const row = job.lastTimeline === job.timeline ? undefined : checkpointOf(database, job.baseCheckpointId);
  return row?.status === 'complete' ? row : undefined;
}

function insertJob(
  { tables, nowMs, watch }: Database,
  {
    id,
    tenantId,
    bundleDigest,
    config,
  }: Pick<JobRow, 'id' | 'tenantId'> & { readonly bundleDigest: BundleDigest; readonly config: JobConfig },
  base: Partial<JobRow>,
): JobRow {
  const row: JobRow = {
    ...{ id, tenantId, desired: 'running', status: 'submitted', statusSinceMs: nowMs(), revision: 1, epoch: 0 },
    ...{ timeline: 1, baseTimeline: null, baseBatchId: 0, baseBatchTimeMs: null, baseOffsets: {}, baseIdentities: {} },
    ...{ baseCheckpointId: null, lastTimeline: null, lastBatchId: null, lastBatchTimeMs: null, lastOffsets: null },
    ...{ lastIdentities: {}, readByOthers: {} },
    ...{ currentRunId: null, attempts: 0, retryAtMs: null, startTrigger: 'first_start', startMode: null },
    ...{ savepointWanted: null, savepointsAsked: 0, probation: null, upgrade: null },
    ...base,
  };
  tables.jobs.set(id, row);
  tables.revisions.set(id, [{ number: 1, bundleDigest, config, options: NO_UPGRADE_OPTIONS, requestId: null }]);
  watch.created?.(row);
  return row;
}
