import type { ClaimedRun, RunEnd } from '@tidemark/domain';
import type { CommittedBatch } from '@tidemark/engine';
import { count, measure, METRICS } from '@tidemark/observability';
import type { AbandonReason } from './active-run.js';

/** What operators call the records among their counts that came too late for them. */
const LATE = 'late';

/** Counts a batch that is committed. */
export function recordBatch({ commit, output }: Pick<CommittedBatch, 'commit' | 'output'>): void {
  const { recordsIn, recordsOut, recordsSkipped, recordsDeadLettered = 0, processingMs, schedulingDelayMs } = commit;
  count(METRICS.batchesCommitted, {});
  measure(METRICS.batchDuration, {}, processingMs / 1_000);
  measure(METRICS.batchDelay, {}, schedulingDelayMs / 1_000);
  count(METRICS.recordsRead, {}, recordsIn);
  count(METRICS.recordsWritten, {}, recordsOut);
  count(METRICS.recordsDropped, { dropReason: 'skipped' }, recordsSkipped);
  count(METRICS.recordsDropped, { dropReason: 'dead_lettered' }, recordsDeadLettered);
  for (const counts of output.counts.values()) {
    count(METRICS.recordsDropped, { dropReason: 'late' }, counts[LATE] ?? 0);
  }
}

export function recordClaim({ decision: { trigger, verdict } }: ClaimedRun): void {
  count(METRICS.runsClaimed, { trigger, startFrom: verdict.outcome === 'start' ? verdict.from.kind : 'held' });
}

/**
 * Counts a run that is over.
 * @param end undefined where the job was taken from it
 * @param written what became of the end in the database
 */
export function recordRunEnd(
  end: RunEnd | undefined,
  { abandoned, written }: { readonly abandoned: AbandonReason | undefined; readonly written: 'done' | 'fenced' },
): void {
  if (end === undefined || written === 'fenced') count(METRICS.runsEnded, { runEnd: abandoned ?? 'fenced' });
  else count(METRICS.runsEnded, { runEnd: end.kind, errorType: 'code' in end ? end.code : undefined });
}
