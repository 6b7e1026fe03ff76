import type { SourceOffsets } from '../batch/batch.js';
import type { UpgradeOptions } from '../checkpoint/compatibility.js';
import type { RestorePolicy } from '../checkpoint/restore-decision.js';
import type { BundleDigest, JobId, RunId, RunnerId, TenantId } from '../ids.js';
import type { HealthConfig } from '../upgrade/health.js';
import type { JobStatus } from './job-lifecycle.js';

export const DESIRED_STATES = ['running', 'stopped', 'cancelled'] as const;
/** What the owner wants; the scheduler brings the status there. */
export type DesiredState = (typeof DESIRED_STATES)[number];

export interface LastBatch {
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTimeMs: number;
  readonly committedAt: Date;
  readonly offsets: SourceOffsets;
}

export interface Job {
  readonly id: JobId;
  readonly tenantId: TenantId;
  readonly name: string;
  readonly desired: DesiredState;
  readonly status: JobStatus;
  readonly statusSince: Date;
  /** One sentence on why the job is in this status, where there is something to say. */
  readonly statusReason: string | undefined;
  /** Code of the error behind the status, from the error catalogue. */
  readonly statusCode: string | undefined;
  /** The revision that the next run takes. */
  readonly revision: number;
  readonly epoch: number;
  readonly timeline: number;
  readonly lastBatch: LastBatch | undefined;
  /** The run that owns the job now, if one does. */
  readonly currentRun:
    { readonly id: RunId; readonly runnerId: RunnerId | undefined; readonly epoch: number } | undefined;
  /** Starts since the last committed batch, or the last run that let go in order; drives the back-off. */
  readonly attempts: number;
  /** Grows by one with every change that a user or the scheduler makes; the store compares it before it writes. */
  readonly version: number;
  /** A revision that was deployed and does not run yet. */
  readonly upgrade: PendingUpgrade | undefined;
  readonly createdAt: Date;
}

/** A revision whose state does not fit: the one before it goes on until somebody has decided. */
export interface PendingUpgrade {
  readonly revision: number;
  /** What stands in the way, one sentence each. */
  readonly objections: readonly string[];
}

/** The configuration of a revision: what the submitter may set beside the code. */
export interface JobConfig {
  readonly restorePolicy: RestorePolicy;
  /** Milliseconds between checkpoints; at least one batch interval. */
  readonly checkpointIntervalMs: number;
  readonly limits: { readonly memoryMb: number; readonly cpuMsPerBatch: number };
  /** What this revision is held to after it has taken over from another one. */
  readonly health: HealthConfig;
}

export interface Revision {
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly number: number;
  readonly bundleDigest: BundleDigest;
  readonly config: JobConfig;
  /** What was said about the state that it takes over. */
  readonly options: UpgradeOptions;
  readonly createdAt: Date;
}

export interface Run {
  readonly id: RunId;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly revision: number;
  readonly status: RunStatus;
  readonly runnerId: RunnerId | undefined;
  /** The job's epoch while this run owns it; undefined until claimed. */
  readonly epoch: number | undefined;
  readonly createdAt: Date;
  readonly claimedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  readonly endReason: string | undefined;
}

export const RUN_STATUSES = ['queued', 'claimed', 'ended', 'lost', 'superseded'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Something that happened to a job, for its owner to read. */
export interface JobEventRecord {
  readonly seq: string;
  readonly jobId: JobId;
  readonly at: Date;
  /** For example `run.claimed`, `job.failed`, `log`. */
  readonly type: string;
  readonly data: { readonly [name: string]: unknown };
}
