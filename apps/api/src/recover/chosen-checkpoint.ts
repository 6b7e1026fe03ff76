import { isId, TidemarkError, type Checkpoint, type JobId, type JobStore, type RecoveryStore } from '@tidemark/domain';
import { existingSavepoint } from './existing-recovery.js';
import type { CheckpointChoice } from './recover.requests.js';

/** What a job's checkpoints and savepoints are looked up in. */
export interface StoresOfTenant {
  readonly jobs: JobStore;
  readonly recovery: RecoveryStore;
}

/**
 * The complete checkpoint that a request names, itself or by a savepoint; undefined where it names none. Throws
 * `validation_failed`, `thing_not_found`, `savepoint_not_written`, `checkpoint_not_restorable`.
 */
export async function chosenCheckpoint(
  stores: StoresOfTenant,
  jobId: JobId,
  { checkpointId, savepointId }: CheckpointChoice,
): Promise<Checkpoint | undefined> {
  if (checkpointId !== undefined && savepointId !== undefined) throw invalid('is one too many beside checkpointId');
  if (savepointId !== undefined) return chosenSavepoint(stores, jobId, savepointId);
  return checkpointId === undefined ? undefined : restorable(stores.jobs, jobId, checkpointId);
}

/** The same, of a request that must name one. */
export async function namedCheckpoint(
  stores: StoresOfTenant,
  jobId: JobId,
  choice: CheckpointChoice,
): Promise<Checkpoint> {
  const chosen = await chosenCheckpoint(stores, jobId, choice);
  if (chosen === undefined) throw invalid('or checkpointId is needed');
  return chosen;
}

async function chosenSavepoint({ jobs, recovery }: StoresOfTenant, jobId: JobId, id: string): Promise<Checkpoint> {
  const { checkpointId } = await existingSavepoint(recovery, jobId, id);
  if (checkpointId === undefined) throw new TidemarkError('savepoint_not_written', { savepointId: id });
  return restorable(jobs, jobId, checkpointId);
}

async function restorable(jobs: JobStore, jobId: JobId, id: string): Promise<Checkpoint> {
  const checkpoint = isId('checkpoint', id) ? await jobs.findCheckpoint(jobId, id) : undefined;
  if (checkpoint === undefined) throw new TidemarkError('thing_not_found', { thing: 'checkpoint', id });
  const { status } = checkpoint;
  if (status !== 'complete') throw new TidemarkError('checkpoint_not_restorable', { checkpointId: id, status });
  return checkpoint;
}

const invalid = (problem: string): TidemarkError =>
  new TidemarkError('validation_failed', { problems: [{ field: 'savepointId', problem }] });
