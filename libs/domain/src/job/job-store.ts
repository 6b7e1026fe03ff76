import type { BatchPlan, BatchCommit } from '../batch/batch.js';
import type { Bundle, BundleManifest } from '../bundle/bundle.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { UpgradeOptions } from '../checkpoint/compatibility.js';
import type { RestoreDecision } from '../checkpoint/restore-decision.js';
import type { StartMode } from '../checkpoint/start-mode.js';
import type { BundleDigest, CheckpointId, DecisionId, JobId, PlanId, RunId, RunnerId, TenantId } from '../ids.js';
import type { UpgradeFacts, UpgradePlan, UpgradePlanRecord } from '../upgrade/upgrade-plan.js';
import type { Job, JobConfig, JobEventRecord, Revision, Run } from './job.js';
import type { JobEvent, JobStatus } from './job-lifecycle.js';
import type { JobOrder } from './job-order.js';

/**
 * Newest first, at most `limit` items that come after the one named by `after`. Where they are large there are fewer, at least
 * one: whether there are more, the next page tells.
 */
export interface Page<Cursor> {
  readonly after?: Cursor;
  readonly limit: number;
}

/** W3C `traceparent` of the request behind a change, carried with it to the scheduler and on to the run. */
export type TraceParent = string | undefined;

/**
 * Names a request that may be repeated, so that what it makes is made once: it is written in the transaction that makes
 * the thing, and a repetition finds it there, whatever became of the first answer.
 */
export type RequestId = string;

/** A row of the batch log with who wrote it and when. */
export interface BatchRecord {
  readonly plan: BatchPlan;
  readonly plannedAt: Date;
  readonly plannedByEpoch: number;
  readonly commit: BatchCommit | undefined;
  readonly committedAt: Date | undefined;
  readonly committedByEpoch: number | undefined;
  /** Of the last run known that had it: the one that committed it, else the one that planned it. */
  readonly runnerId: RunnerId | undefined;
  readonly revision: number | undefined;
}

/** Where a batch stands in a job's life: a later timeline comes after everything on an earlier one. */
export type BatchPosition = Pick<BatchPlan, 'timeline' | 'batchId'>;

/** The next revision of a job, with what is needed to judge it. */
export interface NewRevision {
  readonly bundleDigest: BundleDigest;
  readonly manifest: BundleManifest;
  readonly config: JobConfig;
  readonly options: UpgradeOptions;
  /** What somebody has seen and expects: anything else is not deployed. */
  readonly expected?: Pick<UpgradePlanRecord, 'revision' | 'plan'> | undefined;
}

/** Of a deployment, or of the answer to one that waits: `waiting` says that the old revision goes on until somebody decides. */
export type Deployed =
  | Ordered
  | { readonly outcome: 'upgrade_refused'; readonly objections: readonly string[] }
  | { readonly outcome: 'plan_outdated'; readonly plan: UpgradePlan }
  | { readonly outcome: 'nothing_to_decide' };

/** What becomes of a revision that waits: state that does not fit starts empty, or the revision is given up. */
export const UPGRADE_ANSWERS = ['reset', 'abandon'] as const;
export type UpgradeAnswer = (typeof UPGRADE_ANSWERS)[number];

export type Ordered =
  | { readonly outcome: 'ordered'; readonly job: Job }
  | { readonly outcome: 'refused'; readonly status: JobStatus; readonly event: JobEvent | 'delete' }
  /** Only a job at rest can be started from somewhere else. */
  | { readonly outcome: 'in_use'; readonly status: JobStatus }
  /** The checkpoint to start from is not complete, or was collected meanwhile. */
  | { readonly outcome: 'checkpoint_gone'; readonly checkpointId: CheckpointId }
  /** Another job, or what somebody does with one, still needs a checkpoint of this one. */
  | { readonly outcome: 'pinned'; readonly checkpointId: CheckpointId; readonly owner: string; readonly reason: string }
  | { readonly outcome: 'changed_meanwhile' }
  | { readonly outcome: 'not_found' };

/** Every store is opened for one tenant, so a query that forgets the tenant cannot be written. */
export abstract class JobStores {
  abstract forTenant(tenantId: TenantId): JobStore;
}

export interface JobStore {
  saveBundle(bundle: Bundle): Promise<void>;
  findBundle(digest: BundleDigest): Promise<Bundle | undefined>;
  listBundles(page: Page<BundleDigest>): Promise<readonly Bundle[]>;

  /** Writes job, revision 1 and the announcement of it in one transaction; a repeated request finds the job it made. */
  create(
    job: { readonly id: JobId; readonly name: string; readonly bundleDigest: BundleDigest; readonly config: JobConfig },
    by: { readonly actor: string; readonly trace: TraceParent; readonly requestId?: RequestId | undefined },
  ): Promise<
    { readonly outcome: 'created'; readonly job: Job } | { readonly outcome: 'name_taken'; readonly jobId: JobId }
  >;
  find(id: JobId): Promise<Job | undefined>;
  findByName(name: string): Promise<Job | undefined>;
  list(page: Page<JobId> & { readonly status?: JobStatus }): Promise<readonly Job[]>;

  /** What an upgrade of the job is held against, now; undefined if there is no such job. */
  upgradeFacts(id: JobId): Promise<UpgradeFacts | undefined>;
  savePlan(plan: Omit<UpgradePlanRecord, 'tenantId' | 'createdAt'>): Promise<UpgradePlanRecord>;
  findPlan(id: JobId, planId: PlanId): Promise<UpgradePlanRecord | undefined>;
  listPlans(id: JobId, page: Page<PlanId>): Promise<readonly UpgradePlanRecord[]>;

  /**
   * Judges the next revision, and adds it and asks for it to run where nothing stands in the way: a running job hands over
   * with a checkpoint, a job that is stopped stays stopped. Where its policy asks, it is added and waits, and the job goes on
   * as it is. `expectedVersion` is the job version that the caller saw. A repeated request adds nothing and gets the job as
   * it is.
   */
  addRevision(
    id: JobId,
    revision: NewRevision,
    by: {
      readonly actor: string;
      readonly trace: TraceParent;
      readonly expectedVersion?: number | undefined;
      readonly requestId?: RequestId | undefined;
    },
  ): Promise<Deployed>;
  /** Decides what becomes of the revision that waits. */
  decideUpgrade(
    id: JobId,
    answer: UpgradeAnswer,
    by: { readonly actor: string; readonly trace: TraceParent; readonly expectedVersion?: number | undefined },
  ): Promise<Deployed>;
  /** Changes the desired state and announces it, in one transaction. Ordering what is so already changes nothing. */
  order(
    id: JobId,
    order: JobOrder,
    by: {
      readonly actor: string;
      readonly trace: TraceParent;
      readonly expectedVersion?: number | undefined;
      /** For `start`: from what, for the next start alone. A job that is not at rest refuses it. */
      readonly startMode?: StartMode | undefined;
    },
  ): Promise<Ordered>;
  /** Removes a job that no runner owns, with its log. Its objects are collected later. */
  remove(id: JobId, by: { readonly expectedVersion?: number | undefined }): Promise<Ordered>;

  findRevision(id: JobId, number: number): Promise<Revision | undefined>;
  listRevisions(id: JobId, page: Page<number>): Promise<readonly Revision[]>;
  findRun(id: JobId, runId: RunId): Promise<Run | undefined>;
  listRuns(id: JobId, page: Page<RunId>): Promise<readonly Run[]>;
  /** The cursor is a batch id on the given timeline (by default the current one). */
  listBatches(id: JobId, page: Page<number> & { readonly timeline?: number }): Promise<readonly BatchRecord[]>;
  /** The batch that was committed last, on whatever timeline; undefined where there is none. Reads no more than that. */
  newestCommitted(id: JobId): Promise<BatchPosition | undefined>;
  /**
   * Committed batches after one, oldest first: what is left of its timeline, or else those of the next that has any. There may be
   * fewer than asked for, as on any page.
   */
  listCommitted(
    id: JobId,
    page: { readonly after: BatchPosition; readonly limit: number },
  ): Promise<readonly BatchRecord[]>;
  findCheckpoint(id: JobId, checkpointId: CheckpointId): Promise<Checkpoint | undefined>;
  listCheckpoints(id: JobId, page: Page<CheckpointId>): Promise<readonly Checkpoint[]>;
  listDecisions(id: JobId, page: Page<DecisionId>): Promise<readonly RestoreDecision[]>;
  /**
   * Events after `afterSeq`, oldest first; without it the newest `limit`, oldest first. With a type only those of it. There may be
   * fewer than asked for, as on any page.
   */
  listEvents(
    id: JobId,
    page: { readonly afterSeq?: string; readonly limit: number; readonly type?: string },
  ): Promise<readonly JobEventRecord[]>;
}

/**
 * Remembers answers: a second request with the same idempotency key gets the first one's. What keeps a thing from being
 * made twice is the `RequestId` in the transaction that makes it, so an answer that was never stored does no harm.
 */
export abstract class IdempotencyStore {
  /**
   * Returns `unanswered` if the caller shall do the work and then call `complete`, also after a request that died;
   * `repeat` with the stored answer; `other_request` if the key was used for a different request.
   */
  abstract begin(key: {
    readonly tenantId: TenantId;
    readonly key: string;
    readonly requestSha256: string;
  }): Promise<
    | { readonly outcome: 'unanswered' }
    | { readonly outcome: 'repeat'; readonly status: number; readonly body: unknown }
    | { readonly outcome: 'other_request' }
  >;
  abstract complete(
    key: { readonly tenantId: TenantId; readonly key: string },
    answer: { readonly status: number; readonly body: unknown },
  ): Promise<void>;
  /** Forgets a key whose request failed, so that it can be tried again. */
  abstract abandon(key: { readonly tenantId: TenantId; readonly key: string }): Promise<void>;
}

export interface RunnerRecord {
  readonly id: RunnerId;
  readonly host: string;
  readonly pid: number;
  readonly slots: number;
  readonly status: 'alive' | 'lost' | 'stopped';
  readonly startedAt: Date;
  readonly heartbeatAt: Date;
  /** What the runner's sandbox self-test found. */
  readonly sandbox: { readonly [name: string]: unknown };
  readonly runs: number;
}

/** Runners are shared by all tenants; what the API shows of them names no job. */
export abstract class RunnerDirectory {
  abstract list(): Promise<readonly RunnerRecord[]>;
  /** Throws when Postgres cannot be asked. */
  abstract ping(): Promise<void>;
}
