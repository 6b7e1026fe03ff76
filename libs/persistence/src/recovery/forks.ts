import {
  own,
  planUpgrade,
  type CheckpointId,
  type Forked,
  type JobId,
  type NewFork,
  type OrderedBy,
  type SourceIdentities,
  type SourceOffsets,
  type TenantId,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { toCheckpoint } from '../mapping.js';
import { insertJob } from '../jobs/create-job.js';
import { toStored } from '../jobs/upgrades.js';
import { CheckpointRow, type JobRow } from '../rows/index.js';
import { pinCheckpoint } from '../scheduling/checkpoint-pins.js';
import { readUntilNow } from '../scheduling/read-before.js';
import { revisionOf } from '../scheduling/restore-facts.js';
import { identitiesBackAt } from '../scheduling/start-point.js';

type Refused = Extract<Forked, { outcome: 'checkpoint_gone' | 'does_not_fit' }>;

/** Begins the name of who holds the checkpoint that a fork begins with; the id of the fork ends it. */
const OWNER_PREFIX = 'fork/';

/**
 * Makes a job that begins with state and offsets of a checkpoint of `of`, which is locked against being deleted. Its first
 * batch is the one after the checkpoint's. `taken`: its name is, or the request has made it already.
 */
export async function insertFork(
  tx: EntityManager,
  of: JobRow,
  fork: NewFork,
  by: OrderedBy,
): Promise<'inserted' | 'taken' | Refused> {
  const tenantId = of.tenantId as TenantId;
  const row = await tx.findOneBy(CheckpointRow, { id: fork.checkpointId, jobId: of.id, tenantId, status: 'complete' });
  if (row === null) return { outcome: 'checkpoint_gone' };
  const checkpoint = toCheckpoint(row);
  const { manifest } = await revisionOf(tx, of, checkpoint.revision);
  const { id: checkpointId, batchId, batchTimeMs } = checkpoint;
  const plan = planUpgrade(
    {
      ...{ revision: checkpoint.revision, manifest, committedOffsets: checkpoint.offsets, processingMs: [] },
      stored: toStored(checkpoint),
    },
    fork,
  );
  if (plan.outcome !== 'proceed') return { outcome: 'does_not_fit', objections: plan.objections };
  const sources = fork.manifest.nodes.flatMap(({ kind, uid }) => (kind === 'source' && uid !== undefined ? [uid] : []));
  const base = {
    ...{ baseBatchId: batchId, baseBatchTimeMs: batchTimeMs, baseCheckpointId: checkpointId, startTrigger: 'fork' },
    baseOffsets: onlyOf<SourceOffsets[string]>(checkpoint.offsets, sources),
    baseIdentities: onlyOf<SourceIdentities[string]>(identitiesBackAt(of, checkpoint), sources),
    readByOthers: onlyOf<SourceOffsets[string]>(await readUntilNow(tx, of), sources),
  };
  const origin = { forkOf: of.id, checkpointId };
  if (!(await insertJob(tx, { ...fork, tenantId, base, origin }, by))) return 'taken';
  const pinned = await pinForFork(tx, { id: fork.id, name: fork.name, tenantId }, row);
  // It was collected between the look and the pin; the caller's transaction takes back what was inserted.
  if (pinned === 'gone') throw new CheckpointGone();
  return 'inserted';
}

/** The checkpoint of a fork was collected while the fork was being made. */
export class CheckpointGone extends Error {}

/** Keeps another job's checkpoint, with which a timeline of the fork begins. */
export const pinForFork = (
  tx: EntityManager,
  { id, name, tenantId }: { readonly id: string; readonly name: string; readonly tenantId: string },
  { id: checkpointId, jobId }: Pick<CheckpointRow, 'id' | 'jobId'>,
): Promise<'pinned' | 'gone'> =>
  pinCheckpoint(tx, {
    ...{ tenantId: tenantId as TenantId, jobId: jobId as JobId, checkpointId: checkpointId as CheckpointId },
    ...{ owner: OWNER_PREFIX + id, forJobId: id as JobId, reason: `the job "${name}" begins with it` },
  });

/**
 * Lets go of what forks begin with, of those that have a checkpoint of their own that was read back and found whole: from
 * then on they need nothing of the other job. One of a timeline that was left does not do for one that begins with the
 * other job's: it is not what that is restored from.
 */
export async function releaseForks(tx: EntityManager): Promise<void> {
  await tx.query(
    `DELETE FROM checkpoint_pins p USING jobs j
      WHERE p.owner = $1 || p.for_job_id AND j.id = p.for_job_id
        AND EXISTS (SELECT 1 FROM checkpoints c
                     WHERE c.job_id = j.id AND c.status = 'complete' AND c.verified_at IS NOT NULL
                       AND (c.timeline = j.timeline OR j.base_checkpoint_id IS DISTINCT FROM p.checkpoint_id))`,
    [OWNER_PREFIX],
  );
}

const onlyOf = <T>(by: { readonly [uid: string]: T }, uids: readonly string[]): { readonly [uid: string]: T } =>
  Object.fromEntries(
    uids.flatMap((uid) => {
      const value = own(by, uid);
      return value === undefined ? [] : [[uid, value] as const];
    }),
  );
