import { ObjectStore, verifyCheckpoint } from '@tidemark/checkpoint';
import type { SchedulerConfig } from '@tidemark/config';
import {
  bundlePaths,
  CheckpointUpkeep,
  isTidemarkError,
  Timers,
  type CheckpointId,
  type CheckpointToVerify,
} from '@tidemark/domain';
import { count, METRICS } from '@tidemark/observability';
import { Inject, Injectable } from '@nestjs/common';
import { SCHEDULER_CONFIG } from '../config.js';
import { SystemTimers } from '../system-timers.js';

/** Checkpoints that could be neither read nor judged, set aside for a while so that they do not keep the others waiting. */
const SET_ASIDE_MAX = 1_000;
/** For how long: twice as long each time, up to the longest. */
const ASIDE_FIRST_MS = 5_000;
const ASIDE_MAX_MS = 10 * 60_000;
/** How long nothing is asked after nothing was due. */
const REST_MS = 5_000;

/**
 * Reads checkpoints back in the background, the newest of each job first, and notes what it found: that all of it is as
 * it was written, or that it is not and can never be restored. Reads so many bytes a second on average.
 *
 * Owner of all fields: this object; one pass at a time.
 */
@Injectable()
export class VerifyCheckpoints {
  /** Bytes read beyond what the time that has passed allows. */
  private debtBytes = 0;
  private paidAtMs: number;
  private restUntilMs = 0;
  /** Those that failed last stand last. Of one that is there no more nothing is heard again: the bound drops it. */
  private readonly setAside = new Map<CheckpointId, { readonly forMs: number; readonly untilMs: number }>();

  constructor(
    private readonly upkeep: CheckpointUpkeep,
    private readonly objects: ObjectStore,
    @Inject(SCHEDULER_CONFIG) private readonly config: SchedulerConfig,
    private readonly timers: Timers = new SystemTimers(),
  ) {
    this.paidAtMs = timers.elapsedMs();
  }

  /** Reads until what the time allows is used up or nothing is due; at least one whole checkpoint if any is allowed. */
  async pass(signal: AbortSignal): Promise<void> {
    const { againAfterMs, bytesPerSecond } = this.config.verify;
    const nowMs = this.timers.elapsedMs();
    this.debtBytes = Math.max(0, this.debtBytes - ((nowMs - this.paidAtMs) / 1_000) * bytesPerSecond);
    this.paidAtMs = nowMs;
    if (this.debtBytes > 0 || nowMs < this.restUntilMs) return;
    while (!signal.aborted && this.debtBytes < bytesPerSecond) {
      const checkpoint = await this.upkeep.nextToVerify({ againAfterMs, except: this.asideAt(nowMs) });
      if (checkpoint === undefined) {
        this.restUntilMs = nowMs + REST_MS;
        return;
      }
      await this.verify(checkpoint);
    }
  }

  private async verify(checkpoint: CheckpointToVerify): Promise<void> {
    try {
      const { bytesRead } = await verifyCheckpoint(this.objects, checkpoint);
      this.debtBytes += bytesRead;
      await this.upkeep.noteVerified(checkpoint.id);
    } catch (error) {
      try {
        await this.judge(checkpoint, error);
      } catch (fault) {
        this.putAside(checkpoint.id);
        throw fault;
      }
    }
    this.setAside.delete(checkpoint.id);
  }

  private asideAt(nowMs: number): readonly CheckpointId[] {
    return [...this.setAside].filter(([, { untilMs }]) => nowMs < untilMs).map(([id]) => id);
  }

  private putAside(id: CheckpointId): void {
    const before = this.setAside.get(id);
    const forMs = before === undefined ? ASIDE_FIRST_MS : Math.min(2 * before.forMs, ASIDE_MAX_MS);
    this.setAside.delete(id);
    this.setAside.set(id, { forMs, untilMs: this.timers.elapsedMs() + forMs });
    const [oldest] = this.setAside.keys();
    if (oldest !== undefined && this.setAside.size > SET_ASIDE_MAX) this.setAside.delete(oldest);
  }

  private async judge({ id, tenantId, bundleDigest }: CheckpointToVerify, error: unknown): Promise<void> {
    if (!isTidemarkError(error) || error.code !== 'checkpoint_unreadable') throw error;
    // A store that is not there, or not ours, must not cost a job its checkpoints: the job's code would be gone too.
    await this.objects.get(bundlePaths(tenantId, bundleDigest).code);
    if (await this.upkeep.markUnreadable(id, error.message)) {
      count(METRICS.checkpointsUnreadable, { foundBy: 'verification' });
    }
  }
}
