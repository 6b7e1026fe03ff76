import {
  CHECKPOINT_STATUSES,
  DEFAULT_HEALTH,
  DESIRED_STATES,
  JOB_STATUSES,
  NO_UPGRADE_OPTIONS,
  RESTORE_POLICIES,
  ROLLBACK_STATUSES,
  RUN_STATUSES,
  SAVEPOINT_STATUSES,
  START_TRIGGERS,
  type BatchCommit,
  type BatchPlan,
  type BatchRecord,
  type Bundle,
  type BundleDigest,
  type BundleManifest,
  type CandidateVerdict,
  type Checkpoint,
  type CheckpointId,
  type DecisionId,
  type Job,
  type JobConfig,
  type JobEventRecord,
  type JobId,
  type JobPoint,
  type PendingUpgrade,
  type PlanId,
  type Probation,
  type RedrivenRecord,
  type RestoreDecision,
  type RestoreVerdict,
  type Revision,
  type Rollback,
  type RollbackId,
  type Run,
  type RunId,
  type RunnerId,
  type Savepoint,
  type SavepointId,
  type SourceIdentities,
  type SourceOffsets,
  type SourceRanges,
  type StartMode,
  type StateShape,
  type TenantId,
  type UpgradeOptions,
  type UpgradePlan,
  type UpgradePlanRecord,
} from '@tidemark/domain';
import { z } from 'zod';
import type {
  BatchRow,
  BundleRow,
  CheckpointRow,
  JobEventRow,
  JobRow,
  RestoreDecisionRow,
  RevisionRow,
  RollbackRow,
  RunRow,
  SavepointRow,
  UpgradePlanRow,
} from './rows/index.js';

// A row is input like any other: a status that this build does not know must stop here, not deep in the scheduler.
// JSON columns are written only by this library, from the same types, and are taken as they are.
const jobStatus = z.enum(JOB_STATUSES as [Job['status'], ...Job['status'][]]);
const desiredState = z.enum(DESIRED_STATES);
const runStatus = z.enum(RUN_STATUSES);
const checkpointStatus = z.enum(CHECKPOINT_STATUSES);
const checkpointKind = z.enum(['checkpoint', 'savepoint']);
const trigger = z.enum(START_TRIGGERS);
const policy = z.enum(RESTORE_POLICIES);
const savepointStatus = z.enum(SAVEPOINT_STATUSES);
const rollbackStatus = z.enum(ROLLBACK_STATUSES);

const orUndefined = <T>(value: T | null): T | undefined => value ?? undefined;

export function toJob(row: JobRow, run: Pick<RunRow, 'id' | 'runnerId' | 'epoch'> | undefined): Job {
  return {
    id: row.id as JobId,
    tenantId: row.tenantId as TenantId,
    name: row.name,
    desired: desiredState.parse(row.desired),
    status: jobStatus.parse(row.status),
    statusSince: row.statusSince,
    statusReason: orUndefined(row.statusReason),
    statusCode: orUndefined(row.statusCode),
    revision: row.revision,
    epoch: row.epoch,
    timeline: row.timeline,
    lastBatch: lastBatchOf(row),
    currentRun:
      run === undefined
        ? undefined
        : {
            id: run.id as RunId,
            runnerId: orUndefined(run.runnerId) as RunnerId | undefined,
            epoch: run.epoch ?? row.epoch,
          },
    attempts: row.attempts,
    version: row.version,
    upgrade: (row.upgrade as PendingUpgrade | null) ?? undefined,
    createdAt: row.createdAt,
  };
}

function lastBatchOf(row: JobRow): Job['lastBatch'] {
  if (row.lastBatchId === null || row.lastTimeline === null) return undefined;
  if (row.lastBatchTimeMs === null || row.lastCommittedAt === null) return undefined;
  return {
    timeline: row.lastTimeline,
    batchId: row.lastBatchId,
    batchTimeMs: row.lastBatchTimeMs,
    committedAt: row.lastCommittedAt,
    offsets: row.lastOffsets as SourceOffsets,
  };
}

export const toBundle = (row: BundleRow): Bundle => ({
  tenantId: row.tenantId as TenantId,
  digest: row.digest as BundleDigest,
  bytes: row.bytes,
  manifest: row.manifest as BundleManifest,
  createdAt: row.createdAt,
});

/** Configurations that were kept before they said what a revision is held to mean the defaults. */
export const toConfig = (kept: unknown): JobConfig => ({ health: DEFAULT_HEALTH, ...(kept as JobConfigKept) });

type JobConfigKept = Omit<JobConfig, 'health'> & Partial<JobConfig>;

export const toRevision = (row: RevisionRow): Revision => ({
  tenantId: row.tenantId as TenantId,
  jobId: row.jobId as JobId,
  number: row.number,
  bundleDigest: row.bundleDigest as BundleDigest,
  config: toConfig(row.config),
  options: (row.options as UpgradeOptions | null) ?? NO_UPGRADE_OPTIONS,
  createdAt: row.createdAt,
});

export const toUpgradePlan = (row: UpgradePlanRow): UpgradePlanRecord => ({
  id: row.id as PlanId,
  tenantId: row.tenantId as TenantId,
  jobId: row.jobId as JobId,
  revision: row.revision,
  checkpointId: orUndefined(row.checkpointId) as CheckpointId | undefined,
  bundleDigest: row.bundleDigest as BundleDigest,
  config: toConfig(row.config),
  options: row.options as UpgradeOptions,
  plan: row.plan as UpgradePlan,
  actor: row.actor,
  createdAt: row.createdAt,
});

export const toRun = (row: RunRow): Run => ({
  id: row.id as RunId,
  tenantId: row.tenantId as TenantId,
  jobId: row.jobId as JobId,
  revision: row.revision,
  status: runStatus.parse(row.status),
  runnerId: orUndefined(row.runnerId) as RunnerId | undefined,
  epoch: orUndefined(row.epoch),
  createdAt: row.createdAt,
  claimedAt: orUndefined(row.claimedAt),
  endedAt: orUndefined(row.endedAt),
  endReason: orUndefined(row.endReason),
});

/** What the order to start asked for. A JSON column of ours, like the others. */
export const startModeOf = (row: Pick<JobRow, 'startMode'>): StartMode | undefined =>
  (row.startMode as StartMode | null) ?? undefined;

/** What its revision is held to, as it was kept with the job. */
export const probationKept = (row: Pick<JobRow, 'probation'>): Probation | undefined =>
  (row.probation as Probation | null) ?? undefined;

type PlanColumns = Pick<BatchRow, 'timeline' | 'batchId' | 'batchTimeMs' | 'ranges' | 'skipped' | 'redriven'>;

export const toPlan = (row: PlanColumns): BatchPlan => ({
  timeline: row.timeline,
  batchId: row.batchId,
  batchTimeMs: row.batchTimeMs,
  ranges: row.ranges as SourceRanges,
  ...(row.skipped === null ? {} : { skipped: row.skipped as SourceRanges }),
  // Only read where it is asked for: it holds bytes.
  ...(row.redriven === null || row.redriven === undefined ? {} : { redriven: redrivenOf(row.redriven) }),
});

/** Records as the column `redriven` holds them: with their bytes in Base64. */
export const redrivenOf = (column: unknown): readonly RedrivenRecord[] =>
  (column as readonly (Omit<RedrivenRecord, 'bytes'> & { readonly bytes: string })[]).map(({ bytes, ...at }) => ({
    ...at,
    bytes: Buffer.from(bytes, 'base64'),
  }));

/** The commit in a batch's row, or undefined while the batch is only planned. */
export function toCommit(row: BatchRow): BatchCommit | undefined {
  if (row.committedAt === null) return undefined;
  return {
    timeline: row.timeline,
    batchId: row.batchId,
    nextOffsets: row.nextOffsets as SourceOffsets,
    recordsIn: row.recordsIn ?? 0,
    recordsOut: row.recordsOut ?? 0,
    recordsSkipped: row.recordsSkipped ?? 0,
    recordsDeadLettered: row.recordsDeadLettered ?? 0,
    processingMs: row.processingMs ?? 0,
    schedulingDelayMs: row.schedulingDelayMs ?? 0,
  };
}

export const toBatchRecord = (row: BatchRow, run: RunRow | undefined): BatchRecord => ({
  plan: toPlan(row),
  plannedAt: row.plannedAt,
  plannedByEpoch: row.plannedEpoch,
  commit: toCommit(row),
  committedAt: orUndefined(row.committedAt),
  committedByEpoch: orUndefined(row.committedEpoch),
  runnerId: (run?.runnerId ?? undefined) as RunnerId | undefined,
  revision: run?.revision,
});

export const toCheckpoint = (row: CheckpointRow): Checkpoint => ({
  id: row.id as CheckpointId,
  tenantId: row.tenantId as TenantId,
  jobId: row.jobId as JobId,
  timeline: row.timeline,
  batchId: row.batchId,
  batchTimeMs: row.batchTimeMs,
  epoch: row.epoch,
  revision: row.revision,
  bundleDigest: row.bundleDigest as BundleDigest,
  status: checkpointStatus.parse(row.status),
  kind: checkpointKind.parse(row.kind),
  path: row.path,
  buildsOn: row.buildsOn,
  manifestSha256: orUndefined(row.manifestSha256),
  offsets: row.offsets as SourceOffsets,
  identities: row.identities as SourceIdentities,
  shapes: row.shapes as { readonly [uid: string]: StateShape },
  stateRows: row.stateRows,
  stateBytes: row.stateBytes,
  ownBytes: row.ownBytes,
  createdAt: row.createdAt,
  completedAt: orUndefined(row.completedAt),
  verifiedAt: orUndefined(row.verifiedAt),
});

export const toDecision = (row: RestoreDecisionRow): RestoreDecision => ({
  id: row.id as DecisionId,
  tenantId: row.tenantId as TenantId,
  jobId: row.jobId as JobId,
  runId: row.runId as RunId,
  trigger: trigger.parse(row.trigger),
  policy: policy.parse(row.policy),
  candidates: row.candidates as readonly CandidateVerdict[],
  verdict: row.verdict as RestoreVerdict,
  actor: row.actor,
  decidedAt: row.decidedAt,
});

export const toEvent = (row: JobEventRow): JobEventRecord => ({
  seq: String(row.seq),
  jobId: row.jobId as JobId,
  at: row.at,
  type: row.type,
  data: row.data as { readonly [name: string]: unknown },
});

export const toSavepoint = (row: SavepointRow): Savepoint => ({
  id: row.id as SavepointId,
  tenantId: row.tenantId as TenantId,
  jobId: row.jobId as JobId,
  label: row.label,
  status: savepointStatus.parse(row.status),
  checkpointId: orUndefined(row.checkpointId) as CheckpointId | undefined,
  actor: row.actor,
  requestedAt: row.requestedAt,
  completedAt: orUndefined(row.completedAt),
});

export const toRollback = (row: RollbackRow): Rollback => ({
  id: row.id as RollbackId,
  tenantId: row.tenantId as TenantId,
  jobId: row.jobId as JobId,
  checkpointId: row.checkpointId as CheckpointId,
  from: row.fromPoint as JobPoint,
  to: row.toPoint as JobPoint,
  undoes: orUndefined(row.undoes) as RollbackId | undefined,
  reason: orUndefined(row.reason),
  status: rollbackStatus.parse(row.status),
  timeline: orUndefined(row.timeline),
  actor: row.actor,
  orderedAt: row.orderedAt,
  decidedAt: orUndefined(row.decidedAt),
});
