import {
  CANDIDATES_MAX,
  decideStart,
  RESTORE_POLICIES,
  REVISION_OF_ANOTHER_JOB,
  START_TRIGGERS,
  type BundleManifest,
  type Checkpoint,
  type ClaimedRun,
  type HealthConfig,
  type JobConfig,
  type RestorePolicy,
  type SourceIdentities,
  type SourceOffsets,
  type StartFacts,
  type StartTrigger,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { startModeOf, toCheckpoint, toConfig, toRevision } from '../mapping.js';
import { holdCheckpoints } from '../runs/hold-checkpoints.js';
import { BatchRow, BundleRow, CheckpointRow, type JobRow, RevisionRow } from '../rows/index.js';
import { pendingRollback } from './pending-rollback.js';
import { standingOf } from './start-point.js';

const trigger = z.enum(START_TRIGGERS);
const policy = z.enum(RESTORE_POLICIES);

export interface Decided {
  readonly trigger: StartTrigger;
  readonly policy: RestorePolicy;
  /** What the revision is held to if it takes over from another one. */
  readonly health: HealthConfig;
  readonly decision: ReturnType<typeof decideStart>;
  /** The checkpoint that was chosen. */
  readonly checkpoint: Checkpoint | undefined;
}

/**
 * Reads the facts of a locked job and decides from what revision `number` of it starts. What is chosen is held for the
 * transaction that writes the decision down; when it was collected in between, it is no candidate any more.
 */
export async function decideFor(tx: EntityManager, job: JobRow, number: number): Promise<Decided> {
  for (;;) {
    const decided = await decideOnce(tx, job, number);
    if (decided.checkpoint === undefined) return decided;
    const { path, buildsOn } = decided.checkpoint;
    await holdCheckpoints(tx, decided.checkpoint, buildsOn);
    if (await holdCheckpoints(tx, decided.checkpoint, [path])) return decided;
  }
}

/** The same decision, of a job that nobody needs to have locked: what is chosen may be collected at any time. */
export async function decideOnce(tx: EntityManager, job: JobRow, number: number): Promise<Decided> {
  const { row, config, manifest } = await revisionOf(tx, job, number);
  const { checkpoints, base, reachBeginning } = await restorable(tx, job);
  const startMode = startModeOf(job);
  const asked = startMode?.mode === 'checkpoint' ? await checkpointOf(tx, job, startMode.checkpointId) : undefined;
  const facts: StartFacts = {
    policy: policy.parse(config.restorePolicy),
    checkpoints,
    revision: number,
    wanted: manifest,
    upgrade: toRevision(row).options,
    committedOffsets: standingOf(job).offsets,
    plansReachBeginning: reachBeginning && job.baseCheckpointId === null,
    startMode,
    asked,
    baseCheckpointId: base?.id,
  };
  const decision = decideStart(facts);
  const chosen = decision.candidates.find(({ verdict }) => verdict === 'chosen')?.checkpointId;
  return {
    trigger: pendingRollback(job) === undefined ? trigger.parse(job.startTrigger) : 'rollback',
    policy: facts.policy,
    health: config.health,
    decision,
    checkpoint: [...checkpoints, ...(asked === undefined ? [] : [asked])].find(({ id }) => id === chosen),
  };
}

/**
 * What the job can be restored from, newest first: checkpoints of its timeline, and at last the one that begins it. Complete
 * ones after which batches are missing in the log are none of them: savepoints, above all, are kept for longer than those.
 */
export async function restorable(
  tx: EntityManager,
  job: JobRow,
): Promise<{
  readonly checkpoints: readonly Checkpoint[];
  readonly base: Checkpoint | undefined;
  /** Whether the plans from the timeline's first batch on are still in the log. */
  readonly reachBeginning: boolean;
}> {
  const loggedAfter = await logBegins(tx, job);
  const reachBeginning = loggedAfter === job.baseBatchId;
  const base = reachBeginning ? await baseCheckpointOf(tx, job) : undefined;
  const own = await candidates(tx, job);
  const checkpoints = [
    ...own.filter(({ status, batchId }) => status !== 'complete' || batchId >= loggedAfter),
    ...(base === undefined ? [] : [base]),
  ];
  return { checkpoints, base, reachBeginning };
}

export async function revisionOf(
  tx: EntityManager,
  job: Pick<JobRow, 'id' | 'tenantId'>,
  number: number,
): Promise<{ readonly row: RevisionRow; readonly config: JobConfig; readonly manifest: BundleManifest }> {
  const row = await tx.findOneByOrFail(RevisionRow, { jobId: job.id, number });
  const bundle = await tx.findOneByOrFail(BundleRow, { tenantId: job.tenantId, digest: row.bundleDigest });
  return { row, config: toConfig(row.config), manifest: bundle.manifest as BundleManifest };
}

export const baseOf = (job: JobRow): ClaimedRun['base'] => ({
  timeline: job.timeline,
  after: job.baseTimeline === null ? undefined : { timeline: job.baseTimeline, batchId: job.baseBatchId },
  batchId: job.baseBatchId,
  batchTimeMs: job.baseBatchTimeMs ?? undefined,
  offsets: job.baseOffsets as SourceOffsets,
  identities: job.baseIdentities as SourceIdentities,
});

/**
 * Newest first. Those found unreadable take no place of one that can be tried: a damaged base may have made any number of
 * checkpoints unreadable.
 */
async function candidates(tx: EntityManager, job: JobRow): Promise<readonly Checkpoint[]> {
  const newest = (status: Checkpoint['status']): Promise<CheckpointRow[]> =>
    tx
      .createQueryBuilder(CheckpointRow, 'c')
      .where('c.job_id = :id AND c.timeline = :timeline', { id: job.id, timeline: job.timeline })
      .andWhere('c.status = :status', { status })
      .orderBy('c.batch_id', 'DESC')
      .addOrderBy('c.id', 'DESC')
      .limit(CANDIDATES_MAX)
      .getMany();
  const rows = [...(await newest('complete')), ...(await newest('corrupt'))];
  return rows.sort((a, b) => b.batchId - a.batchId || (a.id < b.id ? 1 : -1)).map(toCheckpoint);
}

/** A fork begins with one of another job, whose revisions are none of its own. */
async function baseCheckpointOf(tx: EntityManager, job: JobRow): Promise<Checkpoint | undefined> {
  const { baseCheckpointId: id, tenantId } = job;
  if (id === null) return undefined;
  const row = await tx.findOneBy(CheckpointRow, { id, tenantId });
  if (row === null) return undefined;
  return row.jobId === job.id ? toCheckpoint(row) : { ...toCheckpoint(row), revision: REVISION_OF_ANOTHER_JOB };
}

async function checkpointOf(tx: EntityManager, job: JobRow, id: string): Promise<Checkpoint | undefined> {
  const row = await tx.findOneBy(CheckpointRow, { id, jobId: job.id, tenantId: job.tenantId });
  return row === null ? undefined : toCheckpoint(row);
}

/** After which batch of the job's timeline the log has all that follow. */
async function logBegins(tx: EntityManager, job: JobRow): Promise<number> {
  const first = await tx
    .createQueryBuilder(BatchRow, 'b')
    .where('b.job_id = :id AND b.timeline = :timeline', { id: job.id, timeline: job.timeline })
    .orderBy('b.batch_id', 'ASC')
    .limit(1)
    .getOne();
  return first === null ? standingOf(job).batchId : first.batchId - 1;
}
