import type { BatchCommit, BatchPlan } from '../batch/batch.js';
import type { DesiredState } from '../job/job.js';

/** What the owner of a job wants now, as the runner sees it with every heartbeat and commit. */
export interface Orders {
  readonly desired: DesiredState;
  readonly revision: number;
  /** How many times longer than configured to wait between checkpoints; undefined where nothing was said about it. */
  readonly checkpointStretch?: number;
  /** Whether the next start was ordered to begin somewhere else: this run is to let go of the job. */
  readonly startsElsewhere?: boolean;
  /** The newest savepoint that somebody waits for, by its number; undefined where nobody does. */
  readonly savepoint?: number | undefined;
  /** Whether dead letters may wait to be read again. */
  readonly redrive?: boolean;
}

/** One write to a job's batch log. */
export type BatchLogEntry =
  | { readonly kind: 'plan'; readonly plan: BatchPlan }
  | { readonly kind: 'commit'; readonly commit: BatchCommit; readonly next: BatchPlan | undefined };

export type BatchLogResult =
  /** `plan` is the stored one, which a former run may have written. */
  | { readonly outcome: 'planned'; readonly plan: BatchPlan; readonly orders: Orders }
  /** Nothing was planned: the job is not wanted running any more. */
  | { readonly outcome: 'held_back'; readonly orders: Orders }
  /** `nextPlanned`: whether the next plan is durable too; it is not once the job is not wanted running any more. */
  | { readonly outcome: 'committed'; readonly nextPlanned: boolean; readonly orders: Orders }
  | { readonly outcome: 'fenced' };
