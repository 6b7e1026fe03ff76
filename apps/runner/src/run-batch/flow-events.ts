import type { BatchPlan, NewEvent, RunStore } from '@tidemark/domain';
import type { CommittedBatch } from '@tidemark/engine';
import type { ActiveRun } from './active-run.js';

/**
 * What was passed over by the downtime policy `skip`, for the job's owner. The plan is the record; this is the alarm, and
 * is sent again by every run that finds the batch in the log: it is written once.
 */
export function skipEvent({ timeline, batchId, skipped }: BatchPlan): NewEvent {
  return {
    type: 'downtime.skipped',
    data: { timeline, batchId, ranges: skipped ?? {} },
    dedupKey: `downtime-skipped/${timeline}/${batchId}`,
  };
}

/** Tells the job's owner what its flow does that is out of the ordinary. Owner of all fields: the run's loop. */
export class FlowTeller {
  private isLimited = false;

  constructor(
    private readonly run: ActiveRun,
    private readonly runs: RunStore,
  ) {}

  async tell({ plan, commit, bytesPerBatch }: CommittedBatch): Promise<void> {
    const events: NewEvent[] = plan.skipped === undefined ? [] : [skipEvent(plan)];
    const { batchId, processingMs, schedulingDelayMs } = commit;
    const isLimited = bytesPerBatch !== undefined;
    // Only where it changes: a job may be at its limit for days.
    if (isLimited !== this.isLimited) {
      events.push(
        isLimited
          ? { type: 'batches.limited', data: { batchId, bytesPerBatch, processingMs, schedulingDelayMs } }
          : { type: 'batches.unlimited', data: { batchId } },
      );
    }
    this.isLimited = isLimited;
    if (events.length > 0) await this.runs.appendEvents(this.run.claimed.fence, events);
  }
}
