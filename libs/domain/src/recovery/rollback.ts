import type { SourceOffsets } from '../batch/batch.js';
import type { Checkpoint, CheckpointStatus } from '../checkpoint/checkpoint.js';
import type { CheckpointId, JobId, RollbackId, TenantId } from '../ids.js';
import type { JobEvent, JobStatus } from '../job/job-lifecycle.js';
import type { StartPreview } from '../job/offset-edit.js';

/** What a reader of a sink sees of batches that were written and then taken back by a rollback. */
export const AFTER_ROLLBACK = [
  /** The same keys are written again: in the end it is as if they had never been. */
  'converges',
  /** The sink says where they end, and a reader leaves them out. */
  'truncated',
  /** They stay, and come again. */
  'repeats',
] as const;
export type AfterRollback = (typeof AFTER_ROLLBACK)[number];

export const ROLLBACK_STATUSES = [
  /** The job's next start begins with the checkpoint; a run that still has the job ends first. */
  'ordered',
  /** A start with the checkpoint was decided: the job is on a timeline of its own. */
  'begun',
  /** The checkpoint could not be taken; the job's restore decision says why. */
  'held',
  /** Somebody ordered something else before the job started. */
  'superseded',
] as const;
export type RollbackStatus = (typeof ROLLBACK_STATUSES)[number];

/** A point in a job's life. */
export interface JobPoint {
  readonly revision: number;
  readonly timeline: number;
  readonly batchId: number;
}

/** An order to go back to a checkpoint: bundle, configuration, state and offsets of it together, on a new timeline. */
export interface Rollback {
  readonly id: RollbackId;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly checkpointId: CheckpointId;
  /** Where the job stood when it was ordered. Batches that its run has finished since are left behind as well. */
  readonly from: JobPoint;
  readonly to: JobPoint;
  /** The rollback that this one takes back. */
  readonly undoes: RollbackId | undefined;
  readonly reason: string | undefined;
  readonly status: RollbackStatus;
  /** The timeline that it has opened. */
  readonly timeline: number | undefined;
  readonly actor: string;
  readonly orderedAt: Date;
  readonly decidedAt: Date | undefined;
}

export interface NewRollback {
  readonly id: RollbackId;
  readonly checkpointId: CheckpointId;
  readonly undoes?: RollbackId | undefined;
  readonly reason?: string | undefined;
}

export type RollbackRefused =
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'changed_meanwhile' }
  | { readonly outcome: 'refused'; readonly status: JobStatus; readonly event: JobEvent }
  | { readonly outcome: 'checkpoint_gone' }
  | { readonly outcome: 'not_restorable'; readonly status: CheckpointStatus };

export type RollbackOrdered = { readonly outcome: 'ordered'; readonly rollback: Rollback } | RollbackRefused;

/** What a rollback would do. Nothing is written, and nothing is held. */
export interface RollbackPreview {
  readonly checkpoint: Checkpoint;
  readonly from: JobPoint;
  /** Offsets of the job's last commit. */
  readonly offsets: SourceOffsets;
  /** What the start would be decided to be. */
  readonly start: StartPreview;
  /**
   * Batches and records that were committed since the checkpoint and come again; undefined where the log does not tell:
   * it was pruned, or the job did not come to where it stands from this checkpoint.
   */
  readonly again: { readonly batches: number; readonly records: number } | undefined;
}
