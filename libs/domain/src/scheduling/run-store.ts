import type { BatchPlan, LoggedBatch, SourceIdentities, SourceOffsets } from '../batch/batch.js';
import type { PoisonSearch, RedrivenRecord, SetAsideRecord } from '../batch/dead-letter.js';
import type { BundleManifest } from '../bundle/bundle.js';
import type { Checkpoint, CompletedCheckpoint } from '../checkpoint/checkpoint.js';
import type { RestoreDecision } from '../checkpoint/restore-decision.js';
import type { ErrorCode } from '../errors/tidemark-error.js';
import type { CheckpointId, JobId, RunId, RunnerId, TenantId } from '../ids.js';
import type { JobEventMember, JobEventType } from '../job/job-event-types.js';
import type { Revision } from '../job/job.js';
import type { Progress } from '../recovery/progress.js';
import type { Probation } from '../upgrade/health.js';
import type { BatchLogEntry, BatchLogResult, Orders } from './batch-log-entry.js';

/** What every durable write of a run carries: it takes effect only while this is still the job's epoch. */
export interface Fence {
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly runId: RunId;
  readonly epoch: number;
}

/** Everything that a runner needs to start a job, read in the transaction that raised the epoch. */
export interface ClaimedRun {
  readonly fence: Fence;
  readonly tenantName: string;
  readonly jobName: string;
  readonly revision: Revision;
  readonly manifest: BundleManifest;
  readonly decision: RestoreDecision;
  /** The checkpoint that the decision chose. */
  readonly checkpoint: Checkpoint | undefined;
  /** Where the job's timeline begins: what a start without a checkpoint builds on, or with one of an earlier timeline. */
  readonly base: {
    readonly timeline: number;
    /** The batch of an earlier timeline that this one goes on after; undefined for the first one. */
    readonly after?: { readonly timeline: number; readonly batchId: number } | undefined;
    readonly batchId: number;
    readonly batchTimeMs: number | undefined;
    readonly offsets: SourceOffsets;
    readonly identities?: SourceIdentities | undefined;
    /** How far partitions were read on ways that the job has left. Only of a job that passes over what came in a downtime. */
    readonly readBefore?: SourceOffsets | undefined;
  };
  /** Of a revision that has not shown yet that it is no worse than the one before. */
  readonly probation: Probation | undefined;
  /** How far the job has come, by what the database knows. */
  readonly progress: Progress;
  /** The newest savepoint that waits for this run, by its number: it is written before the first batch. */
  readonly savepoint?: number | undefined;
  /** Whether dead letters may wait to be read again. */
  readonly redrive?: boolean;
  readonly trace: string | undefined;
}

/** How a run ended. The store derives the job's next status from it and from what is wanted by then. */
export type RunEnd =
  /** Stopped at a batch boundary because its owner, a new revision or the runner's own shutdown asked for it. */
  | { readonly kind: 'drained'; readonly reason: 'stop' | 'redeploy' | 'runner_shutdown' }
  /** All that its trigger asks for is done. */
  | { readonly kind: 'finished' }
  | { readonly kind: 'cancelled' }
  /** An error that another attempt cannot mend. */
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly reason: string; readonly stack?: string }
  | { readonly kind: 'back_off'; readonly code: ErrorCode; readonly reason: string }
  /** A batch is to be run again from the state before it, without a record at which the job's code threw. */
  | { readonly kind: 'run_again'; readonly code: ErrorCode; readonly reason: string }
  /** A revision on probation has shown that it is worse than the one before. */
  | { readonly kind: 'unhealthy'; readonly code: ErrorCode; readonly reason: string }
  /** State that cannot be read or does not fit, or input that is not there any more, and a policy that wants a person to decide. */
  | { readonly kind: 'ask'; readonly code: ErrorCode; readonly reason: string };

export type NewEvent<T extends JobEventType = JobEventType> = {
  readonly [E in T]: {
    readonly type: E;
    readonly data: { readonly [M in JobEventMember<E>]?: unknown };
    /** An event with the same key is written once, however often it is sent. */
    readonly dedupKey?: string;
  };
}[T];

export type NewCheckpoint = Pick<
  Checkpoint,
  | 'id'
  | 'timeline'
  | 'batchId'
  | 'batchTimeMs'
  | 'revision'
  | 'bundleDigest'
  | 'path'
  | 'buildsOn'
  | 'offsets'
  | 'identities'
  | 'shapes'
>;

/** The runner's side of the truth. Writes that carry a fence answer `fenced` once another run has claimed the job. */
export abstract class RunStore {
  abstract registerRunner(runner: {
    readonly id: RunnerId;
    readonly host: string;
    readonly pid: number;
    readonly slots: number;
    readonly sandbox: { readonly [name: string]: unknown };
  }): Promise<void>;
  /** What the runner's sandbox self-test has found: it may end after the runner has begun to work. */
  abstract noteSandbox(runnerId: RunnerId, sandbox: { readonly [name: string]: unknown }): Promise<void>;
  /** Orders by job of this runner's claimed runs; `lost` when the scheduler has given the runner up. */
  abstract heartbeat(
    runnerId: RunnerId,
  ): Promise<{ readonly outcome: 'alive'; readonly orders: ReadonlyMap<RunId, Orders> } | { readonly outcome: 'lost' }>;
  /** Lets go of a run that Postgres says is this runner's and that it does not know: the answer to its claim was lost. */
  abstract disown(runId: RunId, runnerId: RunnerId): Promise<void>;
  abstract retireRunner(runnerId: RunnerId): Promise<void>;

  /** Raises the epoch and takes the job, once per run; undefined when the run is not to be started any more. */
  abstract claim(runId: RunId, runnerId: RunnerId): Promise<ClaimedRun | undefined>;
  abstract markRunning(fence: Fence): Promise<'done' | 'fenced'>;
  /** Ends the probation of a revision. */
  abstract markHealthy(fence: Fence, revision: number): Promise<'done' | 'fenced'>;
  abstract markDraining(fence: Fence): Promise<'done' | 'fenced'>;
  abstract end(fence: Fence, end: RunEnd): Promise<'done' | 'fenced'>;

  /** Batch log writes of any number of jobs, shared in one statement with those that wait at the same time. */
  abstract writeBatch(fence: Fence, entry: BatchLogEntry): Promise<BatchLogResult>;
  /** The timeline's batches after `afterBatchId`, oldest first. */
  abstract readBatches(fence: Fence, timeline: number, afterBatchId: number): Promise<readonly LoggedBatch[]>;

  /** Has a batch that is planned and not committed leave a record out from now on. */
  abstract setAside(
    fence: Fence,
    plan: BatchPlan,
    records: readonly SetAsideRecord[],
    more: { readonly isSettled: boolean },
  ): Promise<'done' | 'fenced'>;
  /** Says how far the search has come for the record at which such a batch fails. */
  abstract noteSearch(fence: Fence, plan: BatchPlan, search: PoisonSearch): Promise<'done' | 'fenced'>;
  /** Records of dead letters that are to be read again, as many as one batch takes. Asked for while no plan is open. */
  abstract recordsToRedrive(fence: Fence, sources: readonly string[]): Promise<readonly RedrivenRecord[]>;
  /** How many dead letters of the job wait. */
  abstract deadLettersWaiting(fence: Fence): Promise<number>;

  /** From here on nothing that it builds on is collected. `base_gone`: some of that was collected already. */
  abstract beginCheckpoint(fence: Fence, checkpoint: NewCheckpoint): Promise<'done' | 'base_gone' | 'fenced'>;
  abstract completeCheckpoint(fence: Fence, id: CheckpointId, written: CompletedCheckpoint): Promise<'done' | 'fenced'>;
  /** Marks a checkpoint that failed verification and decides again without it; the decision row keeps both answers. */
  abstract rejectCheckpoint(
    fence: Fence,
    id: CheckpointId,
    reason: string,
  ): Promise<
    | {
        readonly outcome: 'decided';
        /** Another has found it damaged before, so that it is counted already. */
        readonly wasKnown: boolean;
        readonly decision: RestoreDecision;
        readonly checkpoint: Checkpoint | undefined;
        readonly base: ClaimedRun['base'];
      }
    | { readonly outcome: 'fenced' }
  >;

  /**
   * Tells how far a job was seen to have come, by whatever is left of it elsewhere. Where the database knows less, it was
   * restored from an older copy: the job is taken from its run and held. False where the database knows it all.
   */
  abstract noteProgress(job: Pick<Fence, 'tenantId' | 'jobId'>, seen: Progress): Promise<boolean>;

  /** Events need no fence: they tell what this run did, also its last words after losing the job. */
  abstract appendEvents(fence: Fence, events: readonly NewEvent[]): Promise<void>;
}
