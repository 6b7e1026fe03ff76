import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { CheckpointId, JobId, TenantId } from '../ids.js';
import type { Progress } from '../recovery/progress.js';

type JobKey = { readonly tenantId: TenantId; readonly jobId: JobId };

/** A complete checkpoint that is due to be read back. */
export interface CheckpointToVerify extends Pick<Checkpoint, 'id' | 'tenantId' | 'jobId' | 'path' | 'bundleDigest'> {
  readonly manifestSha256: string;
  /** Folders that it builds on and whose files were read back not long ago. */
  readonly known: readonly string[];
}

/** Objects that belong together: those of one attempt at a checkpoint, or of one folder of stored records. */
export interface ObjectGroup {
  readonly path: string;
  readonly objects: readonly string[];
  /** How far the job had come, of an attempt at a checkpoint. */
  readonly progress?: Progress;
}

/** Where the sweep over the object store stands: below which tenant and job it looked last, and in which part. */
export interface SweepPosition {
  readonly part: string;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
}

/**
 * The scheduler's side of what keeps rows and objects of checkpoints in step, beside collecting. Every change is
 * conditional on what it was decided from, so two schedulers that both think they lead do no harm.
 */
export abstract class CheckpointUpkeep {
  /** Holds every tenant's bytes against its limit, and tells its running jobs where that has changed something. */
  abstract judgeQuotas(): Promise<void>;

  /**
   * The newest checkpoint that was not read back yet, or not for `againAfterMs`, of the job that has waited the longest.
   */
  abstract nextToVerify(ask: {
    readonly againAfterMs: number;
    readonly except: readonly CheckpointId[];
  }): Promise<CheckpointToVerify | undefined>;
  abstract noteVerified(id: CheckpointId): Promise<void>;
  /** Marks a complete checkpoint that can never be restored, and tells its job; false if it is not complete any more. */
  abstract markUnreadable(id: CheckpointId, reason: string): Promise<boolean>;

  abstract sweepPosition(): Promise<SweepPosition | undefined>;
  /** Undefined once the sweep has come to the end: the next one begins anew. */
  abstract moveSweep(to: SweepPosition | undefined): Promise<void>;
  /** In the order of their ids, those after `after`. */
  abstract listTenants(after: TenantId | undefined, limit: number): Promise<readonly TenantId[]>;
  /** Jobs of the tenant that exist. */
  abstract listJobs(tenantId: TenantId): Promise<readonly JobId[]>;
  abstract listComplete(job: JobKey): Promise<readonly Pick<Checkpoint, 'id' | 'path' | 'bundleDigest'>[]>;
  /**
   * Notes which of these groups, all that were found of the job in this part of the store, belong to no row, and since
   * when; answers with those of which every object was found without a row for the first time at least `graceMs` ago.
   * What is of a time that the database does not know of, because it was restored from an older copy, is no orphan: its job
   * is held, and until somebody has accepted the older state, nothing of jobs without a row is one either.
   *
   * Time is that of Postgres: what the store says of the age of an object is never asked.
   */
  abstract noteOrphans(
    found: JobKey & { readonly part: string; readonly groups: readonly ObjectGroup[]; readonly graceMs: number },
  ): Promise<readonly ObjectGroup[]>;
}
