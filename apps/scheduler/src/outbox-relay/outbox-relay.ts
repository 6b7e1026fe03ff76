import { SchedulingStore } from '@tidemark/domain';
import { inSpan, SPANS } from '@tidemark/observability';
import { RunQueue } from '@tidemark/queue';
import { Injectable } from '@nestjs/common';

const ENTRIES_MAX = 200;
/** A run that nobody has claimed for this long may have lost its queue entry. */
const DOUBTFUL_AFTER_MS = 1_500;

/**
 * Moves what is announced in Postgres to the queue. An entry is removed only after the queue has it, so a crash in
 * between delivers it again; the claim makes that harmless.
 */
@Injectable()
export class OutboxRelay {
  /** How often a run was sent again, by run: its next entry is a new one. Bounded by the runs that are queued now. */
  private resent = new Map<string, { readonly times: number; readonly dueMs: number }>();

  constructor(
    private readonly store: SchedulingStore,
    private readonly queue: RunQueue,
  ) {}

  async relay(): Promise<void> {
    const entries = await this.store.readOutbox(ENTRIES_MAX);
    await Promise.all(
      entries.map(({ message }) =>
        inSpan(
          SPANS.schedule,
          {
            parent: message.traceparent,
            attributes: { tenantId: message.tenantId, jobId: message.jobId, runId: message.runId },
          },
          () => this.queue.publish(message),
        ),
      ),
    );
    await this.store.removeFromOutbox(entries.map(({ id }) => id));
  }

  /** Sends a run again that has waited unclaimed, each time after twice as long: all runners may simply be full. */
  async resendDoubtful(nowMs: number): Promise<void> {
    const waiting = await this.store.longQueuedRuns(DOUBTFUL_AFTER_MS, ENTRIES_MAX);
    const still = new Map<string, { readonly times: number; readonly dueMs: number }>();
    for (const message of waiting) {
      const before = this.resent.get(message.runId) ?? { times: 0, dueMs: nowMs };
      if (nowMs < before.dueMs) {
        still.set(message.runId, before);
        continue;
      }
      const times = before.times + 1;
      await this.queue.publish(message, times);
      still.set(message.runId, { times, dueMs: nowMs + DOUBTFUL_AFTER_MS * 2 ** times });
    }
    this.resent = still;
  }
}
