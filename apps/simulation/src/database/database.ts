import type {
  BatchPlan,
  Checkpoint,
  CheckpointId,
  Fence,
  IdSource,
  JobId,
  NewEvent,
  RestoreDecision,
  RunEnd,
  SourceOffsets,
  TenantId,
  Progress,
} from '@tidemark/domain';
import {
  Tables,
  type BatchRow,
  type CheckpointRow,
  type JobRow,
  type RevisionRow,
  type RollbackRow,
} from './tables.js';

/** Is told of every row that changes and matters to an invariant, as it changes. */
export interface Watch {
  readonly created?: (job: JobRow) => void;
  readonly deployed?: (job: JobRow, row: RevisionRow) => void;
  /** A write that only the owner of a job may make, and that has no name of its own here. */
  readonly wrote?: (job: JobRow, fence: Fence, what: string) => void;
  /** From what a start begins, or why it does not, before anything is changed by it. */
  readonly startJudged?: (job: JobRow, revision: number, decision: Pick<RestoreDecision, 'verdict'>) => void;
  readonly unreadable?: (row: CheckpointRow) => void;
  readonly timelineOpened?: (
    job: JobRow,
    before: { readonly timeline: number; readonly offsets: SourceOffsets },
    decision: Pick<RestoreDecision, 'verdict'>,
  ) => void;
  readonly planned?: (job: JobRow, fence: Fence, row: BatchRow, before: BatchPlan | undefined) => void;
  readonly committed?: (job: JobRow, fence: Fence, row: BatchRow) => void;
  readonly claimed?: (job: JobRow, fence: Fence, decision: RestoreDecision, before: number) => void;
  readonly decided?: (job: JobRow, decision: Pick<RestoreDecision, 'verdict'>) => void;
  readonly ended?: (job: JobRow, fence: Fence, end: RunEnd) => void;
  readonly completed?: (job: JobRow, fence: Fence, row: CheckpointRow) => void;
  readonly retired?: (rows: readonly CheckpointRow[]) => void;
  readonly pruned?: (jobId: JobId, timeline: number, batchId: number) => void;
  readonly rollbackOrdered?: (job: JobRow, row: RollbackRow) => void;
  /** A revision on probation has failed, and its job is to go back to this checkpoint. */
  readonly wentBack?: (job: JobRow, checkpointId: CheckpointId) => void;
  readonly savepointAsked?: (job: JobRow, number: number) => void;
  readonly savepointAnswered?: (job: JobRow, number: number, checkpoint: CheckpointRow) => void;
  readonly heartbeat?: (runnerId: string) => void;
  readonly runnerLost?: (runnerId: string, session: boolean) => void;
  readonly told?: (event: NewEvent) => void;
  readonly regressed?: (job: JobRow, seen: Progress) => void;
  readonly forked?: (job: JobRow, of: Checkpoint) => void;
}

/** What a statement or a transaction takes care of. The kill list switches them off, one at a time. */
export const RULES = {
  planIsFenced: true,
  commitIsFenced: true,
  commitIsOnce: true,
  checkpointIsFenced: true,
  endIsFenced: true,
  fenceAsksTenant: true,
  planIsImmutable: true,
  planAsksWhetherWanted: true,
  claimAsksWhetherQueued: true,
  collectorTakesUnfinished: true,
  collectorSparesBases: true,
  collectorSparesPins: true,
  collectorSparesNewest: true,
  collectorSparesChosen: true,
  collectorLooksAtHolds: true,
  unreadableHoldsOthers: true,
  prunerAsksCheckpoints: true,
  prunerWantsCheckpoint: true,
  rollbackOpensTimeline: true,
  resetKeepsOffsets: true,
  givenUpIsNoBase: true,
  shapesAreCompared: true,
  rollbackIsKnownAgain: true,
  deploymentIsKnownAgain: true,
  savepointIsKnownAgain: true,
  savepointsAreCounted: true,
  cancelIsAtOnce: true,
  olderIsTaken: true,
  logIsAsked: true,
  leaseIsByPostgres: true,
  reachIsAsked: true,
  reachAsksEveryTimeline: true,
  forkKnowsReach: true,
};
export type Rules = typeof RULES;

/**
 * One transaction: all of it happens at one moment, and its caller waits for the answer. It may fail before or after it
 * took effect.
 */
export type Transact = <T>(name: string, work: () => T) => Promise<T>;

/** Postgres as the protocol sees it. */
export class Database {
  readonly tables = new Tables();

  constructor(
    readonly ids: IdSource,
    /** `now()` of the transaction, in milliseconds since the Unix epoch. */
    readonly nowMs: () => number,
    /** Uniform in [0, 1). */
    readonly chance: () => number,
    readonly rules: Rules = RULES,
    readonly watch: Watch = {},
  ) {}
}

/** Says that something begins to need these checkpoints, whatever the collector has seen of them; false if one is gone. */
export function holdCheckpoints(
  { tables }: Database,
  { jobId, tenantId }: { readonly jobId: JobId; readonly tenantId: TenantId },
  paths: readonly string[],
): boolean {
  const wanted = new Set(paths);
  let found = 0;
  for (const row of tables.checkpoints.values()) {
    if (row.jobId !== jobId || row.tenantId !== tenantId || !wanted.has(row.path)) continue;
    if (row.status !== 'complete' && row.status !== 'corrupt') continue;
    row.holds += 1;
    found += 1;
  }
  return found === wanted.size;
}

/** The same of every complete checkpoint of a timeline, before one of them turns out to be unreadable. */
export function holdTimelineOf({ tables, rules }: Database, id: CheckpointId): void {
  const row = tables.checkpoints.get(id);
  if (row === undefined || !rules.unreadableHoldsOthers) return;
  for (const other of tables.checkpointsOf(row.jobId)) {
    if (other.timeline === row.timeline && other.status === 'complete') other.holds += 1;
  }
}

export function pin(
  database: Database,
  row: CheckpointRow,
  { owner, forJobId }: { readonly owner: string; readonly forJobId: JobId },
): boolean {
  if (!holdCheckpoints(database, row, [...row.buildsOn, row.path]) || row.status !== 'complete') return false;
  database.tables.pins.push({ checkpointId: row.id, owner, forJobId });
  return true;
}

export const copyOf = (row: CheckpointRow): Checkpoint => {
  const { holds: _, ...checkpoint } = row;
  return checkpoint;
};

export const checkpointOf = (
  { tables }: Database,
  id: CheckpointId | null | undefined,
  jobId?: JobId,
): CheckpointRow | undefined => {
  const row = id === null || id === undefined ? undefined : tables.checkpoints.get(id);
  return jobId === undefined || row?.jobId === jobId ? row : undefined;
};
