import {
  planUpgrade,
  stillHolds,
  withoutObjections,
  type Checkpoint,
  type Deployed,
  type JobId,
  type NewRevision,
  type PendingUpgrade,
  type StoredState,
  type TenantId,
  type UpgradeAnswer,
  type UpgradeFacts,
  type UpgradePlan,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { appendEvents } from '../announce.js';
import { toCheckpoint, toJob, toRevision } from '../mapping.js';
import { CheckpointRow, RevisionRow, type JobRow } from '../rows/index.js';
import { pendingRollback } from '../scheduling/pending-rollback.js';
import { recentBatches } from '../scheduling/recent-batches.js';
import { restorable, revisionOf } from '../scheduling/restore-facts.js';
import { standingOf } from '../scheduling/start-point.js';
import { eventOfSomethingNew, isOwned, type By, type Change } from './change-job.js';

type Refused = Exclude<Deployed, { outcome: 'ordered' | 'not_found' | 'changed_meanwhile' }>;

/** What an upgrade of the job is held against. The job's row is locked, or only looked at. */
export async function readUpgradeFacts(tx: EntityManager, job: JobRow): Promise<UpgradeFacts> {
  const { manifest } = await revisionOf(tx, job, job.revision);
  const asked = await askedCheckpoint(tx, job);
  return {
    revision: job.revision,
    manifest,
    stored: asked === undefined ? await storedState(tx, job, manifest.shapes) : toStored(asked),
    committedOffsets: asked === undefined ? standingOf(job).offsets : asked.offsets,
    processingMs: (await recentBatches(tx, job)).map(({ processingMs }) => processingMs),
  };
}

/** The checkpoint that the job was ordered back to: what comes next takes that over, and nothing that the job does until then. */
async function askedCheckpoint(tx: EntityManager, job: JobRow): Promise<Checkpoint | undefined> {
  const pending = pendingRollback(job);
  if (pending === undefined) return undefined;
  const row = await tx.findOneBy(CheckpointRow, { id: pending.checkpointId, jobId: job.id, tenantId: job.tenantId });
  return row === null ? undefined : toCheckpoint(row);
}

/** What an upgrade is judged by, of the state in a checkpoint. */
export const toStored = ({ id, shapes, stateRows, stateBytes }: Checkpoint): StoredState => ({
  checkpointId: id,
  shapes,
  rows: stateRows,
  bytes: stateBytes,
});

/** A job that runs hands over with a checkpoint of its own: of what it keeps, whatever the newest one is of. */
async function storedState(
  tx: EntityManager,
  job: JobRow,
  running: UpgradeFacts['manifest']['shapes'],
): Promise<StoredState | undefined> {
  const checkpoint = (await restorable(tx, job)).checkpoints.find(({ status }) => status === 'complete');
  const runs = isOwned(toJob(job, undefined).status) && job.lastBatchId !== null;
  if (checkpoint === undefined && !runs) return undefined;
  const shapes = runs || checkpoint === undefined ? running : checkpoint.shapes;
  const { id, stateRows = 0, stateBytes = 0 } = checkpoint ?? {};
  return { checkpointId: id, shapes, rows: stateRows, bytes: stateBytes };
}

/** Judges the next revision of a locked job, and writes it down where it may come. */
export async function addRevision(
  tx: EntityManager,
  row: JobRow,
  revision: NewRevision,
  by: By,
): Promise<Change | Refused> {
  const { status } = toJob(row, undefined);
  if (status === 'cancelled' || row.desired === 'cancelled') return { outcome: 'refused', status, event: 'restart' };
  const { bundleDigest, config, options, expected } = revision;
  const plan = planUpgrade(await readUpgradeFacts(tx, row), revision);
  const now = { revision: row.revision, plan };
  if (expected !== undefined && !stillHolds(expected, now)) return { outcome: 'plan_outdated', plan };
  if (plan.outcome === 'refuse') return { outcome: 'upgrade_refused', objections: plan.objections };
  const number = (await newestRevision(tx, row)) + 1;
  await tx.insert(RevisionRow, {
    jobId: row.id,
    number,
    tenantId: row.tenantId,
    bundleDigest,
    config: config as object,
    options: options as object,
    requestId: by.requestId ?? null,
  });
  await appendEvents(tx, keyOf(row), [
    { type: 'job.revised', data: { revision: number, bundleDigest, actor: by.actor } },
  ]);
  return plan.outcome === 'ask' ? wait(tx, row, number, plan) : deploy(row, number);
}

/** The answer to a revision that waits. */
export async function decideUpgrade(
  tx: EntityManager,
  row: JobRow,
  answer: UpgradeAnswer,
  by: By,
): Promise<Change | Refused> {
  const waiting = row.upgrade as PendingUpgrade | null;
  if (waiting === null) return { outcome: 'nothing_to_decide' };
  const { status } = toJob(row, undefined);
  if (status === 'cancelled' || row.desired === 'cancelled') return { outcome: 'refused', status, event: 'restart' };
  const number = waiting.revision;
  await appendEvents(tx, keyOf(row), [
    { type: 'job.upgrade_decided', data: { revision: number, answer, actor: by.actor } },
  ]);
  if (answer === 'abandon') return { set: { upgrade: null }, event: undefined, supersedes: false };
  const { row: revisionRow, manifest, config } = await revisionOf(tx, row, number);
  const { options } = toRevision(revisionRow);
  const facts = await readUpgradeFacts(tx, row);
  const allowed = withoutObjections(planUpgrade(facts, { manifest, config, options }), options);
  const plan = planUpgrade(facts, { manifest, config, options: allowed });
  if (plan.outcome !== 'proceed') return { outcome: 'upgrade_refused', objections: plan.objections };
  await tx.update(RevisionRow, { jobId: row.id, number }, { options: allowed });
  return deploy(row, number);
}

function deploy(row: JobRow, revision: number): Change {
  const { status } = toJob(row, undefined);
  return {
    set: { revision, attempts: 0, retryAt: null, startTrigger: 'redeploy', upgrade: null },
    event: eventOfSomethingNew(row, status),
    supersedes: !isOwned(status),
  };
}

async function wait(tx: EntityManager, row: JobRow, revision: number, { objections }: UpgradePlan): Promise<Change> {
  const upgrade: PendingUpgrade = { revision, objections };
  await appendEvents(tx, keyOf(row), [{ type: 'job.upgrade_waits', data: { revision, objections } }]);
  return { set: { upgrade }, event: undefined, supersedes: false };
}

async function newestRevision(tx: EntityManager, row: JobRow): Promise<number> {
  return (await tx.maximum(RevisionRow, 'number', { jobId: row.id })) ?? row.revision;
}

const keyOf = ({ tenantId, id }: JobRow) => ({ tenantId: tenantId as TenantId, jobId: id as JobId });
