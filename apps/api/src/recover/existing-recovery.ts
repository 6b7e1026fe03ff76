import { isId, TidemarkError, type JobId, type RecoveryStore, type Rollback, type Savepoint } from '@tidemark/domain';

/** The savepoint of this id. Throws `thing_not_found`. */
export async function existingSavepoint(store: RecoveryStore, jobId: JobId, id: string): Promise<Savepoint> {
  const savepoint = isId('savepoint', id) ? await store.findSavepoint(jobId, id) : undefined;
  if (savepoint === undefined) throw noSuchSavepoint(id);
  return savepoint;
}

export const noSuchSavepoint = (id: string): TidemarkError =>
  new TidemarkError('thing_not_found', { thing: 'savepoint', id });

/** The rollback of this id. Throws `thing_not_found`. */
export async function existingRollback(store: RecoveryStore, jobId: JobId, id: string): Promise<Rollback> {
  const rollback = isId('rollback', id) ? await store.findRollback(jobId, id) : undefined;
  if (rollback === undefined) throw new TidemarkError('thing_not_found', { thing: 'rollback', id });
  return rollback;
}
