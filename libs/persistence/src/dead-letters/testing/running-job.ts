import type { BatchCommit, BatchPlan, ClaimedRun, DeadLetter, DeadLetterId, NewDeadLetter } from '@tidemark/domain';
import { JobRow } from '../../rows/index.js';
import { openTimeline } from '../../scheduling/start-point.js';
import { aClaimedRun, aManifest, aSubmittedJob, aTenant, stores, type DataSource } from '../../testing.js';

const SOURCE = { id: 0, kind: 'source', uid: 'in', inputs: [], connector: 'files', options: {}, at: 'job.ts:1:1' };
export const BY = { actor: 'somebody' };

export const aPlan = (batchId: number, more: Partial<BatchPlan> = {}): BatchPlan => ({
  timeline: 1,
  batchId,
  batchTimeMs: batchId * 500,
  ranges: { in: { p: { from: (batchId - 1) * 10, to: batchId * 10 } } },
  ...more,
});

export const aLetter = (offset: number, more: Partial<NewDeadLetter> = {}): NewDeadLetter => ({
  ...{ source: 'in', partition: 'p', offset, timeline: 1, code: 'record_unreadable', reason: 'no JSON' },
  bytes: new TextEncoder().encode(`record ${offset}`),
  bytesTotal: `record ${offset}`.length,
  ...more,
});

export function idOf(letter: DeadLetter | undefined): DeadLetterId {
  if (letter === undefined) throw new Error('There is no such letter.');
  return letter.id;
}

export const commitOf = (
  { timeline, batchId, redriven }: BatchPlan,
  deadLetters: readonly NewDeadLetter[] = [],
): BatchCommit => ({
  ...{ timeline, batchId, nextOffsets: { in: { p: batchId * 10 } } },
  ...{ recordsIn: 10, recordsOut: 1, recordsSkipped: 0, processingMs: 3, schedulingDelayMs: 1 },
  ...(redriven === undefined ? {} : { sourcesRead: ['in'] }),
  ...(deadLetters.length === 0 ? {} : { recordsDeadLettered: deadLetters.length, deadLetters }),
});

export async function aRunningJob(dataSource: DataSource) {
  const tenantId = await aTenant(dataSource, aManifest({ poison: 'dead_letter', nodes: [SOURCE] }));
  const jobId = await aSubmittedJob(dataSource, tenantId);
  const { runs, scheduling, claimed, runnerId } = await aClaimedRun(dataSource);
  const { fence } = claimed;
  const letters = stores(dataSource).deadLetters.forTenant(tenantId);
  /** Plans a batch and commits it. */
  const batch = async (plan: BatchPlan, deadLetters: readonly NewDeadLetter[] = [], of = fence) => {
    const planned = await runs.writeBatch(of, { kind: 'plan', plan });
    const committed = await runs.writeBatch(of, {
      kind: 'commit',
      commit: commitOf(plan, deadLetters),
      next: undefined,
    });
    return [planned.outcome, committed.outcome];
  };
  const list = async () =>
    (await letters.list(jobId, {}, { limit: 100 }))
      .map(({ offset, timeline, status }) => [offset, timeline, status])
      .sort();
  return { tenantId, jobId, runs, scheduling, claimed, runnerId, fence, letters, batch, list };
}

/** Has the job go on after a batch, as a rollback does. */
export async function backTo(dataSource: DataSource, claimed: ClaimedRun, to: { timeline: number; batchId: number }) {
  const job = await dataSource.manager.findOneByOrFail(JobRow, { id: claimed.fence.jobId });
  const base = { ...to, batchTimeMs: to.batchId * 500, offsets: {}, identities: {} };
  await openTimeline(dataSource.manager, job, base);
  return job.timeline + 1;
}
