import { isId, TidemarkError, type Checkpoint, type JobId, type JobStore, type RecoveryStore } from '@tidemark/domain';
import type { CheckpointChoice } from './recover.requests.js';

/**
 * The complete checkpoint that a request names, itself or by a savepoint; undefined where it names none. Throws
 * `validation_failed`, `thing_not_found`, `checkpoint_not_restorable`.
 */
export async function chosenCheckpoint(
  stores: { readonly jobs: JobStore; readonly recovery: RecoveryStore },
  jobId: JobId,
  { checkpointId, savepointId }: CheckpointChoice,
): Promise<Checkpoint | undefined> {
  if (checkpointId !== undefined && savepointId !== undefined) throw invalid('is one too many beside checkpointId');
  if (savepointId !== undefined) return chosenSavepoint(stores, jobId, savepointId);
  return checkpointId === undefined ? undefined : restorable(stores.jobs, jobId, checkpointId);
}

/** The same, of a request that must name one. */
export async function namedCheckpoint(
  ...[stores, jobId, choice]: Parameters<typeof chosenCheckpoint>
): Promise<Checkpoint> {
  const chosen = await chosenCheckpoint(stores, jobId, choice);
  if (chosen === undefined) throw invalid('or checkpointId is needed');
  return chosen;
}

async function chosenSavepoint(
  { jobs, recovery }: Parameters<typeof chosenCheckpoint>[0],
  jobId: JobId,
  id: string,
): Promise<Checkpoint> {
  const savepoint = isId('savepoint', id) ? await recovery.findSavepoint(jobId, id) : undefined;
  if (savepoint === undefined) throw new TidemarkError('thing_not_found', { thing: 'savepoint', id });
  const { checkpointId } = savepoint;
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
