import type { JobId, SavepointId } from '@tidemark/domain';
import type { Database } from './database.js';
import type { JobRow } from './tables.js';

/** Never one that was given out before, also where somebody has let go of that savepoint. */
export function nextSavepoint({ tables, rules }: Database, { id, savepointsAsked }: JobRow): number {
  if (rules.savepointsAreCounted) return savepointsAsked + 1;
  return Math.max(0, ...tables.savepoints.filter(({ jobId }) => jobId === id).map(({ number }) => number)) + 1;
}

/** Lets go of a savepoint; its checkpoint is like any other once no savepoint is left that names it. */
export function releaseSavepoint({ tables }: Database, jobId: JobId, savepointId: SavepointId): boolean {
  const job = tables.job(jobId);
  const at = tables.savepoints.findIndex((one) => one.id === savepointId && one.jobId === jobId);
  const [row] = at === -1 ? [] : tables.savepoints.splice(at, 1);
  if (row === undefined) return false;
  const checkpoint = row.checkpointId === null ? undefined : tables.checkpoints.get(row.checkpointId);
  if (row.checkpointId === null) {
    const open = tables.savepoints.filter((one) => one.jobId === jobId && one.status === 'requested');
    job.savepointWanted = open.length === 0 ? null : Math.max(...open.map(({ number }) => number));
  } else if (checkpoint !== undefined && !tables.savepoints.some((one) => one.checkpointId === checkpoint.id)) {
    checkpoint.kind = 'checkpoint';
  }
  return true;
}
