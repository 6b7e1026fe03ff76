import {
  CANDIDATES_MAX,
  decideStart,
  goingBack,
  identitiesGoingBack,
  knownSince,
  REVISION_OF_ANOTHER_JOB,
  type Checkpoint,
  type ClaimedRun,
  type CheckpointId,
  type HealthConfig,
  type Progress,
  type RestoreDecision,
  type RestorePolicy,
  type SourceIdentities,
  type SourceOffsets,
  type StartTrigger,
} from '@tidemark/domain';
import { checkpointOf, copyOf, holdCheckpoints, type Database } from './database.js';
import { newestFirst, type JobRow } from './tables.js';

export interface Standing {
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTimeMs: number | null;
  readonly offsets: SourceOffsets | undefined;
  readonly identities: SourceIdentities;
}

/** Where a job stands: after its last commit, or where its timeline begins. */
export function standingOf(job: JobRow): Standing {
  if (job.lastTimeline === job.timeline && job.lastBatchId !== null) {
    const { timeline, lastBatchId: batchId, lastBatchTimeMs: batchTimeMs, lastOffsets, lastIdentities } = job;
    return { timeline, batchId, batchTimeMs, offsets: lastOffsets ?? undefined, identities: lastIdentities };
  }
  const isUntouched = job.timeline === 1 && Object.keys(job.baseOffsets).length === 0;
  return {
    timeline: job.baseTimeline ?? job.timeline,
    batchId: job.baseBatchId,
    batchTimeMs: job.baseBatchTimeMs,
    offsets: isUntouched ? undefined : job.baseOffsets,
    identities: job.baseIdentities,
  };
}

/** How far the rows know that a job has come. */
export const progressOf = (job: JobRow): Progress => ({
  epoch: job.epoch,
  timeline: job.timeline,
  batchId: standingOf(job).batchId,
});

export const baseOf = (job: JobRow): ClaimedRun['base'] => ({
  timeline: job.timeline,
  after: job.baseTimeline === null ? undefined : { timeline: job.baseTimeline, batchId: job.baseBatchId },
  batchId: job.baseBatchId,
  batchTimeMs: job.baseBatchTimeMs ?? undefined,
  offsets: job.baseOffsets,
  identities: job.baseIdentities,
});

export const pendingRollback = (job: JobRow): ReturnType<typeof goingBack> => goingBack(job.startMode ?? undefined);

export function settleRollback(
  { tables }: Database,
  job: JobRow,
  status: 'begun' | 'held' | 'superseded',
  timeline: number | null = null,
): void {
  const pending = pendingRollback(job);
  const row = tables.rollbacks.find(({ id }) => id === pending?.rollbackId);
  if (row === undefined) return;
  row.status = status;
  row.timeline = timeline;
}

/** Answers with the revision that a superseded rollback was to leave, unless another one was deployed since. */
export function supersedeRollback(database: Database, job: JobRow): number | undefined {
  const pending = pendingRollback(job);
  const row = database.tables.rollbacks.find(({ id }) => id === pending?.rollbackId);
  if (row === undefined) return undefined;
  settleRollback(database, job, 'superseded');
  return row.toRevision === job.revision ? row.fromRevision : undefined;
}

/** A rollback whose checkpoint was found damaged before a batch was committed on its timeline came to nothing. */
export function holdRollback({ tables }: Database, job: JobRow, checkpointId: CheckpointId): void {
  if (job.lastTimeline === job.timeline) return;
  for (const row of tables.rollbacks) {
    const isOf = row.jobId === job.id && row.timeline === job.timeline && row.checkpointId === checkpointId;
    if (isOf && row.status === 'begun') row.status = 'held';
  }
}

export interface Decided {
  readonly trigger: StartTrigger;
  readonly policy: RestorePolicy;
  readonly health: HealthConfig;
  readonly decision: ReturnType<typeof decideStart>;
  readonly checkpoint: Checkpoint | undefined;
}

/** Decides from what revision `number` of a job starts, and holds what is chosen. */
export function decideFor(database: Database, job: JobRow, number: number): Decided {
  const { tables, rules } = database;
  const { config, manifest, options } = tables.revision(job.id, number);
  const { checkpoints, base, reachBeginning } = restorable(database, job);
  const startMode = job.startMode ?? undefined;
  const askedRow =
    startMode?.mode === 'checkpoint' ? checkpointOf(database, startMode.checkpointId, job.id) : undefined;
  const asked = askedRow === undefined ? undefined : copyOf(askedRow);
  const newest = asked ?? checkpoints[0];
  const decision = decideStart({
    policy: config.restorePolicy,
    checkpoints: rules.olderIsTaken ? checkpoints : checkpoints.slice(0, 1),
    revision: number,
    wanted: rules.shapesAreCompared || newest === undefined ? manifest : { ...manifest, shapes: newest.shapes },
    upgrade: options,
    committedOffsets: standingOf(job).offsets,
    plansReachBeginning: reachBeginning && job.baseCheckpointId === null,
    startMode,
    asked,
    baseCheckpointId: base?.id,
  });
  const chosen = decision.candidates.find(({ verdict }) => verdict === 'chosen')?.checkpointId;
  const checkpoint = [...checkpoints, ...(asked === undefined ? [] : [asked])].find(({ id }) => id === chosen);
  if (checkpoint !== undefined) {
    holdCheckpoints(database, checkpoint, checkpoint.buildsOn);
    holdCheckpoints(database, checkpoint, [checkpoint.path]);
  }
  const trigger = pendingRollback(job) === undefined ? job.startTrigger : 'rollback';
  return { trigger, policy: config.restorePolicy, health: config.health, decision, checkpoint };
}

export function restorable(
  database: Database,
  job: JobRow,
): {
  readonly checkpoints: readonly Checkpoint[];
  readonly base: Checkpoint | undefined;
  readonly reachBeginning: boolean;
} {
  const { tables, rules } = database;
  const [first] = tables.batchesOf(job.id, job.timeline).keys();
  const loggedAfter = first === undefined ? standingOf(job).batchId : first - 1;
  const reachBeginning = loggedAfter === job.baseBatchId;
  const own = tables.checkpointsOf(job.id).filter(({ timeline }) => timeline === job.timeline);
  const newest = (status: Checkpoint['status']): readonly Checkpoint[] =>
    own
      .filter((row) => row.status === status)
      .sort(newestFirst)
      .slice(0, CANDIDATES_MAX)
      .map(copyOf);
  const reached = newest('complete').filter(({ batchId }) => !rules.logIsAsked || batchId >= loggedAfter);
  const candidates = [...reached, ...newest('corrupt')].sort(newestFirst);
  const row = reachBeginning ? checkpointOf(database, job.baseCheckpointId) : undefined;
  const revision = row?.jobId === job.id ? row.revision : REVISION_OF_ANOTHER_JOB;
  const base = row === undefined ? undefined : { ...copyOf(row), revision };
  return { checkpoints: [...candidates, ...(base === undefined ? [] : [base])], base, reachBeginning };
}

export function applyStartPoint(database: Database, job: JobRow, { decision, checkpoint }: Decided): void {
  const { verdict } = decision;
  if (verdict.outcome !== 'start') return;
  const { from } = verdict;
  if (from.kind === 'offsets_only') {
    const offsets = database.rules.resetKeepsOffsets ? from.offsets : {};
    openTimeline(database, job, decision, { ...standingOf(job), offsets, checkpointId: null });
  } else if (from.kind === 'checkpoint' && from.opens === 'new_timeline' && checkpoint !== undefined) {
    if (!database.rules.rollbackOpensTimeline) return;
    const { timeline, batchId, batchTimeMs, offsets, id } = checkpoint;
    const base = { timeline, batchId, batchTimeMs, offsets, identities: identitiesBackAt(job, checkpoint) };
    const isGivenUp = from.withoutState === true && database.rules.givenUpIsNoBase;
    openTimeline(database, job, decision, { ...base, checkpointId: isGivenUp ? null : id });
  }
}

/** What is known of the partitions where a checkpoint of the job is gone back to, with what the job has read since. */
export function identitiesBackAt(job: JobRow, { offsets, identities = {} }: Checkpoint): SourceIdentities {
  const standing = standingOf(job);
  return identitiesGoingBack({ offsets, identities }, { ...standing, offsets: standing.offsets ?? {} });
}

/** Of partitions that have an offset, or had one on the way that was left. */
const identitiesFor = (offsets: SourceOffsets, identities: SourceIdentities): SourceIdentities =>
  Object.fromEntries(
    Object.entries(identities).map(([uid, partitions]) => {
      const known = Object.entries(partitions).filter(
        ([partition, identity]) => offsets[uid]?.[partition] !== undefined || knownSince(identity) !== undefined,
      );
      return [uid, Object.fromEntries(known)];
    }),
  );

type Opening = Omit<Standing, 'offsets'> & {
  readonly offsets: SourceOffsets;
  readonly checkpointId: Checkpoint['id'] | null;
};

function openTimeline({ watch }: Database, job: JobRow, decision: Decided['decision'], base: Opening): void {
  const before = { timeline: job.timeline, offsets: standingOf(job).offsets ?? {} };
  job.timeline += 1;
  job.baseTimeline = base.timeline;
  job.baseBatchId = base.batchId;
  job.baseBatchTimeMs = base.batchTimeMs;
  job.baseOffsets = base.offsets;
  job.baseIdentities = identitiesFor(base.offsets, base.identities);
  job.baseCheckpointId = base.checkpointId;
  watch.timelineOpened?.(job, before, decision);
}

/** The decision as it is kept. */
export const recordOf = (
  database: Database,
  job: JobRow,
  runId: RestoreDecision['runId'],
  { trigger, policy, decision }: Decided,
): RestoreDecision => ({
  id: database.ids.next('decision'),
  ...{ tenantId: job.tenantId, jobId: job.id, runId, trigger, policy, actor: 'scheduler' },
  ...decision,
  decidedAt: new Date(database.nowMs()),
});
