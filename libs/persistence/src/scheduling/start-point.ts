import type { RestoreVerdict } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { JobRow } from '../rows/index.js';

/**
 * A start with empty state opens a new timeline whose base is the last commit: its batches can never be taken for those
 * of the old one, and every source goes on exactly where it was. Other starts stay on their timeline.
 */
export async function applyStartPoint(tx: EntityManager, job: JobRow, verdict: RestoreVerdict): Promise<void> {
  if (verdict.outcome !== 'start' || verdict.from.kind !== 'offsets_only') return;
  await tx.update(
    JobRow,
    { id: job.id },
    {
      timeline: job.timeline + 1,
      baseBatchId: job.lastBatchId ?? job.baseBatchId,
      baseBatchTimeMs: job.lastBatchTimeMs ?? job.baseBatchTimeMs,
      baseOffsets: verdict.from.offsets,
    },
  );
}
