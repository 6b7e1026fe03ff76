import type { StartTrigger } from '../checkpoint/restore-decision.js';
import type { CheckpointId, JobId, RunId, RunnerId, TenantId } from '../ids.js';
import type { JobStatus } from '../job/job-lifecycle.js';

/** Ids only: what a queue entry says is checked against Postgres before anything is done. */
export interface RunMessage {
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly runId: RunId;
  /** W3C trace context of the request that led to this run. */
  readonly traceparent?: string;
}

export interface OutboxEntry {
  readonly id: string;
  readonly message: RunMessage;
}

/** Of the outbox's entries of one kind, the oldest first. */
export interface OutboxPage {
  /** The id of the last entry that is not wanted; undefined: from the first one on. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A job that was deleted, whose objects are still to be removed. */
export interface DeletedJob {
  /** Of its entry in the outbox. */
  readonly id: string;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
}

/** Objects that only rows had needed that are gone, and that are still to be removed. */
export interface UnneededObjects {
  /** Of their entry in the outbox. */
  readonly id: string;
  readonly paths: readonly string[];
}

export type ScheduleOutcome =
  | { readonly outcome: 'scheduled'; readonly jobId: JobId; readonly runId: RunId; readonly trigger: StartTrigger }
  | { readonly outcome: 'held'; readonly jobId: JobId; readonly status: 'awaiting_decision' | 'failed' }
  /** It could not even be decided about, which must not keep other jobs waiting. Nothing of it was changed. */
  | { readonly outcome: 'faulty'; readonly jobId: JobId; readonly error: unknown };

export interface LostRun {
  readonly runnerId: RunnerId;
  readonly runId: RunId;
  readonly jobId: JobId;
  /** What the job has become. */
  readonly status: JobStatus;
}

/** The scheduler's side of the truth: all tenants, ids and states only. */
export abstract class SchedulingStore {
  /** Runs `work` while this process leads, and at most once at a time; false when another process leads. */
  abstract whileLeading(work: () => Promise<void>): Promise<boolean>;
  /** Resolves when something may have become due, or after `timeoutMs`. */
  abstract waitForWork(timeoutMs: number): Promise<void>;

  /** Lets another scheduler lead, and ends the session that waits for work. */
  abstract close(): Promise<void>;

  /** Decides the start of every job that is wanted running and has no run, each in a transaction of its own. */
  abstract scheduleDueJobs(limit: number): Promise<readonly ScheduleOutcome[]>;
  /** Gives up runners whose advisory lock has fallen or whose lease is over, and frees their jobs. */
  abstract endLostRuns(leaseMs: number): Promise<readonly LostRun[]>;

  /** How many jobs of all tenants there are of each status; a status of which there is none may be left out. */
  abstract countJobs(): Promise<ReadonlyMap<JobStatus, number>>;

  /** Runs to hand to the queue. */
  abstract readOutbox(limit: number): Promise<readonly OutboxEntry[]>;
  abstract readDeletedJobs(page: OutboxPage): Promise<readonly DeletedJob[]>;
  abstract readUnneededObjects(page: OutboxPage): Promise<readonly UnneededObjects[]>;
  abstract removeFromOutbox(ids: readonly string[]): Promise<void>;
  /** Runs that have been queued for longer than `olderThanMs`: their queue entry may be gone. */
  abstract longQueuedRuns(olderThanMs: number, limit: number): Promise<readonly RunMessage[]>;

  /** Turns checkpoints that nothing needs any more to `deleted`, in the transaction that checks it. */
  abstract retireCheckpoints(keep: {
    readonly perTimeline: number;
  }): Promise<readonly { readonly id: CheckpointId; readonly path: string }[]>;
  /** Removes the row once its objects are gone. */
  abstract forgetCheckpoints(ids: readonly CheckpointId[]): Promise<void>;
  /**
   * Drops at most `limit` batches that no checkpoint needs which a start may fall back to, beyond the newest `keep`, of each
   * timeline the oldest first, and announces in the same transaction the objects that they held. How many it dropped.
   *
   * @param ask.perTimeline as for `retireCheckpoints`
   */
  abstract pruneBatches(ask: {
    readonly keep: number;
    readonly limit: number;
    readonly perTimeline: number;
  }): Promise<number>;
  abstract pruneEvents(keep: number): Promise<void>;

  /**
   * Forgets runs that have ended, with the decisions about what they restored, beyond the newest `keep` of each job, and
   * runners that are gone and have no run left.
   */
  abstract pruneRuns(keep: number): Promise<void>;
  /** Forgets all but the newest dead letters of each job that nothing is to be done about. Those that wait are kept. */
  abstract pruneDeadLetters(keep: number): Promise<void>;
  /** Forgets answers, each tenant's oldest first. A request that is repeated after that is done again. */
  abstract pruneIdempotencyKeys(keep: KeptAnswers): Promise<void>;
}

/** What is kept of the answers under idempotency keys. */
export interface KeptAnswers {
  readonly keptMs: number;
  /** Of one tenant: its newest keys, and as many bytes of their answers as are stored. */
  readonly perTenant: { readonly keys: number; readonly bytes: number };
}
