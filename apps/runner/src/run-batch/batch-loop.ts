import type { NewEvent, RunStore } from '@tidemark/domain';
import type { BatchOptions, CommittedBatch, MicroBatchEngine, RunAgain } from '@tidemark/engine';
import { inSpan, SPANS } from '@tidemark/observability';
import type { Checkpointer } from '../checkpoint/checkpointer.js';
import type { ActiveRun, DrainReason } from './active-run.js';
import { FlowTeller } from './flow-events.js';
import { HealthTeller } from './health-teller.js';
import { recordBatch } from './run-metrics.js';

export type BatchesEnd =
  | { readonly outcome: 'drained'; readonly reason: DrainReason }
  | { readonly outcome: 'finished' }
  /** The revision is worse than the one before it. */
  | { readonly outcome: 'unhealthy'; readonly reason: string }
  | RunAgain
  | { readonly outcome: 'fenced' };

/**
 * Runs batches until the run is told to stop at a boundary, has done all that its trigger asks for, or has lost the job.
 * A plan that is durable is finished before the run lets go: after a clean stop no plan is open.
 */
export async function runBatches(
  run: ActiveRun,
  tools: { readonly engine: MicroBatchEngine; readonly checkpointer: Checkpointer; readonly runs: RunStore },
): Promise<BatchesEnd> {
  const { engine, checkpointer, runs } = tools;
  const teller = new FlowTeller(run, runs);
  const health = new HealthTeller(run, runs);
  for (;;) {
    if (run.abandoned !== undefined) return { outcome: 'fenced' };
    if (run.draining !== undefined && !engine.hasOpenPlan) return { outcome: 'drained', reason: run.draining };
    // A job that has nothing to do until its next batch does not let anybody wait for a savepoint until then.
    if (engine.lastBatchId > 0 && !engine.isAhead && checkpointer.isAskedFor())
      await beginCheckpoint(run, engine, checkpointer);
    const waitMs = engine.msUntilNextBatch();
    if (waitMs > 0) await run.pause(waitMs);
    // Woken by an order: what it asks for is looked at first.
    if (waitMs > 0 && (run.abandoned !== undefined || run.draining !== undefined)) continue;
    const work = await engine.prepare();
    if (work === 'finished') return { outcome: 'finished' };
    if (work === 'idle') continue;
    // What is to be read again becomes part of a plan that is written while no other is open.
    const planAhead = run.draining === undefined && !run.redriveWanted;
    // A snapshot is of a state that no batch has gone ahead with.
    const batch = await tracedBatch(run, engine, { planAhead, runAhead: planAhead && !checkpointer.isDue() });
    if (batch.outcome === 'fenced' || batch.outcome === 'run_again') return batch;
    if (batch.outcome === 'held_back') continue;
    recordBatch(batch);
    checkpointer.noteBatch();
    await reportSkipped(run, runs, batch);
    await reportCounts(run, runs, batch);
    await teller.tell(batch);
    const unhealthy = await health.tell(batch);
    if (unhealthy !== undefined) return unhealthy;
    if (!engine.isAhead && checkpointer.isDue()) await beginCheckpoint(run, engine, checkpointer);
  }
}

/** Freezes the state, for which no batch may run, and begins to write it in the background of those that follow. */
export async function beginCheckpoint(
  { savepointWanted, timers }: ActiveRun,
  engine: MicroBatchEngine,
  checkpointer: Checkpointer,
): Promise<void> {
  const startedMs = timers.elapsedMs();
  const snapshot = await engine.snapshot(checkpointer.kind);
  checkpointer.begin(snapshot, timers.elapsedMs() - startedMs, savepointWanted);
}

function tracedBatch(
  run: ActiveRun,
  engine: MicroBatchEngine,
  options: BatchOptions,
): ReturnType<MicroBatchEngine['runBatch']> {
  const { fence, trace } = run.claimed;
  const { tenantId, jobId, runId, epoch } = fence;
  return inSpan(SPANS.batch, { parent: trace, attributes: { tenantId, jobId, runId, epoch } }, async (span) => {
    const batch = await engine.runBatch(options);
    if (batch.outcome === 'committed') {
      const { timeline, batchId, recordsIn, recordsOut } = batch.commit;
      span.set({ timeline, batchId, recordsIn, recordsOut });
    }
    return batch;
  });
}

async function reportSkipped(run: ActiveRun, runs: RunStore, { commit, output }: CommittedBatch): Promise<void> {
  if (output.recordsSkipped === 0) return;
  const { batchId, timeline } = commit;
  const event: NewEvent = {
    type: 'records.skipped',
    data: { batchId, count: output.recordsSkipped, first: output.skipped },
    dedupKey: `skipped/${timeline}/${batchId}`,
  };
  await runs.appendEvents(run.claimed.fence, [event]);
}

/** What operators counted instead of passing on: records that came too late, duplicates … */
async function reportCounts(run: ActiveRun, runs: RunStore, { commit, output }: CommittedBatch): Promise<void> {
  if (output.counts.size === 0) return;
  const { batchId, timeline } = commit;
  const operators = Object.fromEntries(output.counts);
  const event: NewEvent = {
    type: 'records.counted',
    data: { batchId, operators },
    dedupKey: `counted/${timeline}/${batchId}`,
  };
  await runs.appendEvents(run.claimed.fence, [event]);
}
