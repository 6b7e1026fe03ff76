import { RECENT_BATCHES } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { BatchRow, type JobRow } from '../rows/index.js';

/** The newest committed batches of the job's timeline, whose medians say what is usual. */
export async function recentBatches(
  tx: EntityManager,
  job: JobRow,
): Promise<readonly { readonly processingMs: number; readonly recordsIn: number }[]> {
  const rows = await tx
    .createQueryBuilder(BatchRow, 'b')
    .where('b.job_id = :id AND b.timeline = :timeline', { id: job.id, timeline: job.timeline })
    .andWhere('b.committed_at IS NOT NULL')
    .orderBy('b.batch_id', 'DESC')
    .limit(RECENT_BATCHES)
    .getMany();
  return rows.map(({ processingMs, recordsIn }) => ({ processingMs: processingMs ?? 0, recordsIn: recordsIn ?? 0 }));
}
