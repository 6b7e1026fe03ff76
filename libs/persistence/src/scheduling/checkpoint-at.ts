import type { EntityManager } from 'typeorm';
import { CheckpointRow, type JobRow } from '../rows/index.js';
import type { Standing } from './start-point.js';

/**
 * The complete checkpoint whose state is exactly that of the job as it stands; otherwise the batch of the newest one that
 * there is, if there is one.
 */
export async function checkpointAt(
  tx: EntityManager,
  job: JobRow,
  standing: Standing,
): Promise<
  | { readonly outcome: 'found'; readonly row: CheckpointRow }
  | { readonly outcome: 'missing'; readonly newest: CheckpointRow | undefined }
> {
  const { timeline, tenantId, id: jobId } = job;
  if (job.lastTimeline !== timeline) {
    // A timeline may begin with a checkpoint of another job.
    const id = job.baseCheckpointId;
    const row = id === null ? null : await tx.findOneBy(CheckpointRow, { id, tenantId, status: 'complete' });
    return row === null ? { outcome: 'missing', newest: undefined } : { outcome: 'found', row };
  }
  const row = await newestComplete(tx, { jobId, tenantId, timeline });
  return row?.batchId === standing.batchId
    ? { outcome: 'found', row }
    : { outcome: 'missing', newest: row ?? undefined };
}

/** The newest complete checkpoint of a timeline. */
export const newestComplete = (
  tx: EntityManager,
  of: Pick<CheckpointRow, 'jobId' | 'tenantId' | 'timeline'>,
): Promise<CheckpointRow | null> =>
  tx.findOne(CheckpointRow, { where: { ...of, status: 'complete' }, order: { batchId: 'DESC', id: 'DESC' } });
