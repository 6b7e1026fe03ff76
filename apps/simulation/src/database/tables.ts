import type {
  BatchPlan,
  BundleDigest,
  BundleManifest,
  Checkpoint,
  CheckpointId,
  DesiredState,
  JobConfig,
  JobId,
  JobStatus,
  PendingUpgrade,
  Probation,
  RestoreDecision,
  RollbackId,
  RollbackStatus,
  RunId,
  RunMessage,
  RunnerId,
  RunStatus,
  SavepointId,
  SavepointStatus,
  SourceIdentities,
  SourceOffsets,
  StartMode,
  StartTrigger,
  SweepPosition,
  TenantId,
  UpgradeOptions,
} from '@tidemark/domain';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export interface JobRow {
  readonly id: JobId;
  readonly tenantId: TenantId;
  desired: DesiredState;
  status: JobStatus;
  statusSinceMs: number;
  revision: number;
  epoch: number;
  timeline: number;
  baseTimeline: number | null;
  baseBatchId: number;
  baseBatchTimeMs: number | null;
  baseOffsets: SourceOffsets;
  baseIdentities: SourceIdentities;
  readByOthers: SourceOffsets;
  baseCheckpointId: CheckpointId | null;
  lastTimeline: number | null;
  lastBatchId: number | null;
  lastBatchTimeMs: number | null;
  lastOffsets: SourceOffsets | null;
  lastIdentities: SourceIdentities;
  currentRunId: RunId | null;
  attempts: number;
  retryAtMs: number | null;
  startTrigger: StartTrigger;
  startMode: StartMode | null;
  savepointWanted: number | null;
  savepointsAsked: number;
  probation: Probation | null;
  upgrade: PendingUpgrade | null;
}

export interface RevisionRow {
  readonly number: number;
  readonly bundleDigest: BundleDigest;
  readonly config: JobConfig;
  options: UpgradeOptions;
  readonly requestId: string | null;
}

export interface RunRow {
  readonly id: RunId;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly revision: number;
  readonly createdAtMs: number;
  status: RunStatus;
  runnerId: RunnerId | null;
  epoch: number | null;
}

export interface BatchRow {
  readonly plan: BatchPlan;
  readonly plannedEpoch: number;
  committedEpoch: number | null;
  nextOffsets: SourceOffsets | null;
  recordsSkipped: number | null;
  recordsIn: number;
  processingMs: number;
}

export type CheckpointRow = Writable<Checkpoint> & { holds: number };

export interface RunnerRow {
  readonly id: RunnerId;
  status: 'alive' | 'lost' | 'stopped';
  heartbeatAtMs: number;
  /** Whether the session that holds its advisory lock is still there. */
  session: boolean;
}

export interface SavepointRow {
  readonly id: SavepointId;
  readonly jobId: JobId;
  readonly number: number;
  readonly requestId: string | null;
  status: SavepointStatus;
  checkpointId: CheckpointId | null;
}

export interface RollbackRow {
  readonly id: RollbackId;
  readonly jobId: JobId;
  readonly checkpointId: CheckpointId;
  readonly fromTimeline: number;
  readonly fromRevision: number;
  readonly toRevision: number;
  readonly requestId: string | null;
  status: RollbackStatus;
  timeline: number | null;
}

export interface PinRow {
  readonly checkpointId: CheckpointId;
  readonly owner: string;
  readonly forJobId: JobId;
}

export interface OrphanRow {
  readonly jobId: JobId;
  readonly part: string;
  objects: readonly string[];
  foundAtMs: number;
}

/** The rows, as far as the protocol reads and writes them. */
export class Tables {
  readonly tenants: TenantId[] = [];
  readonly bundles = new Map<BundleDigest, BundleManifest>();
  readonly jobs = new Map<JobId, JobRow>();
  readonly revisions = new Map<JobId, RevisionRow[]>();
  readonly runs = new Map<RunId, RunRow>();
  readonly decisions = new Map<RunId, RestoreDecision>();
  /** By job and timeline, then by batch id, ascending. */
  readonly batches = new Map<string, Map<number, BatchRow>>();
  readonly checkpoints = new Map<CheckpointId, CheckpointRow>();
  readonly pins: PinRow[] = [];
  readonly savepoints: SavepointRow[] = [];
  rollbacks: RollbackRow[] = [];
  readonly runners = new Map<RunnerId, RunnerRow>();
  readonly orphans = new Map<string, OrphanRow>();
  outbox: { readonly id: string; readonly message: RunMessage }[] = [];
  sweep: SweepPosition | undefined;
  private outboxCount = 0;

  job(id: JobId): JobRow {
    const row = this.jobs.get(id);
    if (row === undefined) throw new Error(`There is no job ${id}.`);
    return row;
  }

  revision(jobId: JobId, number: number): RevisionRow & { readonly manifest: BundleManifest } {
    const row = this.revisions.get(jobId)?.find((one) => one.number === number);
    const manifest = row === undefined ? undefined : this.bundles.get(row.bundleDigest);
    if (row === undefined || manifest === undefined) throw new Error(`Job ${jobId} has no revision ${number}.`);
    return { ...row, manifest };
  }

  batchesOf(jobId: JobId, timeline: number): Map<number, BatchRow> {
    const key = `${jobId}/${timeline}`;
    const found = this.batches.get(key) ?? new Map<number, BatchRow>();
    this.batches.set(key, found);
    return found;
  }

  checkpointsOf(jobId: JobId): CheckpointRow[] {
    return [...this.checkpoints.values()].filter((row) => row.jobId === jobId);
  }

  announce(message: RunMessage): void {
    this.outboxCount += 1;
    this.outbox.push({ id: String(this.outboxCount), message });
  }
}

/** Newest first: by batch, then by id. */
export const newestFirst = (
  a: Pick<CheckpointRow, 'batchId' | 'id'>,
  b: Pick<CheckpointRow, 'batchId' | 'id'>,
): number => b.batchId - a.batchId || (a.id < b.id ? 1 : -1);
