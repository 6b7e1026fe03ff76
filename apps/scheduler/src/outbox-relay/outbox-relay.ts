import { SchedulingStore, Timers, type RunMessage } from '@tidemark/domain';
import { inSpan, SPANS } from '@tidemark/observability';
import { RunQueue } from '@tidemark/queue';
import { Injectable } from '@nestjs/common';
import { SystemTimers } from '../system-timers.js';

const ENTRIES_MAX = 200;
/** A run that nobody has claimed for this long may have lost its queue entry. */
const DOUBTFUL_AFTER_MS = 1_500;
/** A queue that cannot be reached must not keep the scheduler from noticing lost runners. */
const PUBLISH_MS_MAX = 2_000;

/**
 * Moves what is announced in Postgres to the queue. An entry is removed only after the queue has it, so a crash in
 * between delivers it again; the claim makes that harmless.
 */
@Injectable()
export class OutboxRelay {
  /** How often a run was sent again, by run: its next entry is a new one. Bounded by the runs that are queued now. */
  private resent = new Map<string, { readonly times: number; readonly dueMs: number }>();
  /** What the queue has not taken yet, by entry: while it cannot be reached, every pass would add the same again. */
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(
    private readonly store: SchedulingStore,
    private readonly queue: RunQueue,
    private readonly timers: Timers = new SystemTimers(),
  ) {}

  async relay(): Promise<void> {
    const entries = await this.store.readOutbox(ENTRIES_MAX);
    const sent: string[] = [];
    const outcomes = await Promise.allSettled(
      entries.map(async ({ id, message }) => {
        const { tenantId, jobId, runId, traceparent: parent } = message;
        await inSpan(SPANS.schedule, { parent, attributes: { tenantId, jobId, runId } }, () =>
          this.publish(message, 0),
        );
        sent.push(id);
      }),
    );
    await this.store.removeFromOutbox(sent);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    if (refused !== undefined) throw refused.reason;
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
      await this.publish(message, times);
      still.set(message.runId, { times, dueMs: nowMs + DOUBTFUL_AFTER_MS * 2 ** times });
    }
    this.resent = still;
  }

  private publish(message: RunMessage, attempt: number): Promise<void> {
    const entry = `${message.runId}/${attempt}`;
    const sending = this.underWay.get(entry) ?? this.queue.publish(message, attempt);
    this.underWay.set(entry, sending);
    const sent = sending.finally(() => this.underWay.delete(entry));
    return this.inTime(sent, PUBLISH_MS_MAX);
  }

  private async inTime(work: Promise<void>, ms: number): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const cancel = this.timers.after(ms, () => {
      reject(new Error(`The run queue has not answered within ${ms} ms.`));
    });
    try {
      await Promise.race([work, late]);
    } finally {
      cancel();
    }
  }
}
