import {
  decideRestore,
  RESTORE_POLICIES,
  START_TRIGGERS,
  type BundleManifest,
  type Checkpoint,
  type ClaimedRun,
  type JobConfig,
  type RestoreFacts,
  type RestorePolicy,
  type SourceOffsets,
  type StartTrigger,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { toCheckpoint, toRevision } from '../mapping.js';
import { holdCheckpoints } from '../runs/hold-checkpoints.js';
import { BatchRow, BundleRow, CheckpointRow, type JobRow, RevisionRow } from '../rows/index.js';

/** Candidates that a decision looks at, of those that can be tried and of those that were found unreadable. */
const CANDIDATES_MAX = 20;

const trigger = z.enum(START_TRIGGERS);
const policy = z.enum(RESTORE_POLICIES);

export interface Decided {
  readonly trigger: StartTrigger;
  readonly policy: RestorePolicy;
  readonly decision: ReturnType<typeof decideRestore>;
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
    const keys = { tenantId: job.tenantId, jobId: job.id };
    await holdCheckpoints(tx, keys, buildsOn);
    if (await holdCheckpoints(tx, keys, [path])) return decided;
  }
}

async function decideOnce(tx: EntityManager, job: JobRow, number: number): Promise<Decided> {
  const { row, config, manifest } = await revisionOf(tx, job, number);
  const checkpoints = await candidates(tx, job);
  const facts: RestoreFacts = {
    policy: policy.parse(config.restorePolicy),
    checkpoints,
    wanted: manifest,
    upgrade: toRevision(row).options,
    committedOffsets: (job.lastOffsets as SourceOffsets | null) ?? undefined,
    plansReachBeginning: await plansReachBeginning(tx, job),
  };
  const decision = decideRestore(facts);
  const chosen = decision.candidates.find(({ verdict }) => verdict === 'chosen')?.checkpointId;
  return {
    trigger: trigger.parse(job.startTrigger),
    policy: facts.policy,
    decision,
    checkpoint: checkpoints.find(({ id }) => id === chosen),
  };
}

export async function revisionOf(
  tx: EntityManager,
  job: Pick<JobRow, 'id' | 'tenantId'>,
  number: number,
): Promise<{ readonly row: RevisionRow; readonly config: JobConfig; readonly manifest: BundleManifest }> {
  const row = await tx.findOneByOrFail(RevisionRow, { jobId: job.id, number });
  const bundle = await tx.findOneByOrFail(BundleRow, { tenantId: job.tenantId, digest: row.bundleDigest });
  return { row, config: row.config as JobConfig, manifest: bundle.manifest as BundleManifest };
}

export const baseOf = (job: JobRow): ClaimedRun['base'] => ({
  timeline: job.timeline,
  batchId: job.baseBatchId,
  batchTimeMs: job.baseBatchTimeMs ?? undefined,
  offsets: job.baseOffsets as SourceOffsets,
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

async function plansReachBeginning(tx: EntityManager, job: JobRow): Promise<boolean> {
  const first = await tx
    .createQueryBuilder(BatchRow, 'b')
    .where('b.job_id = :id AND b.timeline = :timeline', { id: job.id, timeline: job.timeline })
    .orderBy('b.batch_id', 'ASC')
    .limit(1)
    .getOne();
  return first === null ? job.lastTimeline !== job.timeline : first.batchId === job.baseBatchId + 1;
}
