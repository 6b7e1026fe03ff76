import type { CheckpointId, JobId, SavepointId, TenantId } from '../ids.js';
import type { JobStatus } from '../job/job-lifecycle.js';

/** `requested`: the job's run writes it at its next batch boundary, or the next run does. */
export const SAVEPOINT_STATUSES = ['requested', 'complete'] as const;
export type SavepointStatus = (typeof SAVEPOINT_STATUSES)[number];

/** Savepoints that a job may have: each keeps a checkpoint for as long as it is there itself. */
export const SAVEPOINTS_MAX = 100;

/** A checkpoint that somebody asked for and has given a name. Retention never takes it; only its owner lets go of it. */
export interface Savepoint {
  readonly id: SavepointId;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly label: string;
  readonly status: SavepointStatus;
  /** Undefined until it is complete. */
  readonly checkpointId: CheckpointId | undefined;
  readonly actor: string;
  readonly requestedAt: Date;
  readonly completedAt: Date | undefined;
}

export type SavepointRequested =
  | { readonly outcome: 'requested'; readonly savepoint: Savepoint }
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'cancelled' }
  | { readonly outcome: 'too_many' }
  /** No run is to come that could write it, and no complete checkpoint is of the job's last batch. */
  | {
      readonly outcome: 'no_state';
      readonly status: JobStatus;
      readonly lastBatchId: number;
      readonly newestBatchId: number | undefined;
      /** The state is that of a checkpoint, and the offsets were set since. */
      readonly areOffsetsSet: boolean;
    };
