import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { UpgradeOptions } from '../checkpoint/compatibility.js';
import type { BundleManifest } from '../bundle/bundle.js';
import type { BundleDigest, CheckpointId, JobId, RollbackId, SavepointId, TenantId } from '../ids.js';
import type { Job, JobConfig } from '../job/job.js';
import type { Page, RequestId, TraceParent } from '../job/job-store.js';
import type { NewRollback, Rollback, RollbackOrdered, RollbackPreview } from './rollback.js';
import type { Savepoint, SavepointRequested } from './savepoint.js';

/** Savepoints, rollbacks and forks, opened for one tenant. */
export abstract class RecoveryStores {
  abstract forTenant(tenantId: TenantId): RecoveryStore;
}

export interface OrderedBy {
  readonly actor: string;
  readonly trace: TraceParent;
  readonly requestId?: RequestId | undefined;
}

/** A new job, and what it begins with. */
export interface NewFork {
  readonly id: JobId;
  readonly name: string;
  readonly bundleDigest: BundleDigest;
  readonly manifest: BundleManifest;
  readonly config: JobConfig;
  readonly options: UpgradeOptions;
  /** Of the job that it is a fork of. */
  readonly checkpointId: CheckpointId;
}

export type Forked =
  | { readonly outcome: 'forked'; readonly job: Job }
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'name_taken'; readonly jobId: JobId }
  /** It was collected, or turned out to be unreadable. */
  | { readonly outcome: 'checkpoint_gone' }
  | { readonly outcome: 'does_not_fit'; readonly objections: readonly string[] };

export interface RecoveryStore {
  /**
   * Asks for a savepoint: of a job that runs, or is about to, at its next batch boundary; of a job at rest its last
   * checkpoint becomes one, if that is of its last batch. A repeated request finds the one it made.
   */
  requestSavepoint(
    id: JobId,
    savepoint: { readonly id: SavepointId; readonly label: string },
    by: OrderedBy,
  ): Promise<SavepointRequested>;
  findSavepoint(id: JobId, savepointId: SavepointId): Promise<Savepoint | undefined>;
  listSavepoints(id: JobId, page: Page<SavepointId>): Promise<readonly Savepoint[]>;
  /** Lets go of a savepoint: its checkpoint is kept or collected like any other from then on. False if there is none. */
  releaseSavepoint(id: JobId, savepointId: SavepointId, by: { readonly actor: string }): Promise<boolean>;

  /**
   * Orders the job back to a checkpoint of its own. A run that has the job ends at its next batch boundary, with a
   * checkpoint; a job that is stopped stays stopped and begins there when it is started; a job that waits, has failed or is
   * finished, and is wanted running, starts.
   */
  orderRollback(
    id: JobId,
    rollback: NewRollback,
    by: OrderedBy & { readonly expectedVersion?: number | undefined },
  ): Promise<RollbackOrdered>;
  /** Undefined where there is no such job, or no such checkpoint of it. */
  previewRollback(id: JobId, checkpointId: CheckpointId): Promise<RollbackPreview | undefined>;
  findRollback(id: JobId, rollbackId: RollbackId): Promise<Rollback | undefined>;
  listRollbacks(id: JobId, page: Page<RollbackId>): Promise<readonly Rollback[]>;
  /** The newest complete checkpoint of a timeline: of one that was left, where a way back leads. */
  tipOf(id: JobId, timeline: number): Promise<Checkpoint | undefined>;
  /**
   * The newest complete checkpoint of the job's own that it can be restored from: of its timeline, or the one that begins
   * it, unless the offsets were set since.
   */
  newestOf(id: JobId): Promise<Checkpoint | undefined>;

  /** Makes a job that begins with state and offsets of another one's checkpoint, which is held for it until it has its own. */
  fork(of: JobId, fork: NewFork, by: OrderedBy): Promise<Forked>;
}
