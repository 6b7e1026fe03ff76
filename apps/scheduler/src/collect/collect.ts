import { removeCheckpoint, ObjectStore } from '@tidemark/checkpoint';
import type { SchedulerConfig } from '@tidemark/config';
import { SchedulingStore } from '@tidemark/domain';
import { Inject, Injectable } from '@nestjs/common';
import { SCHEDULER_CONFIG } from '../config.js';

const IDEMPOTENCY_KEPT_MS = 24 * 3_600_000;

/**
 * Removes what nothing needs any more. The row says so first, in the statement that checks it; then the objects go, the
 * manifest last; then the row. Whatever a crash leaves is found again by the next pass.
 */
@Injectable()
export class Collect {
  constructor(
    private readonly store: SchedulingStore,
    private readonly objects: ObjectStore,
    @Inject(SCHEDULER_CONFIG) private readonly config: SchedulerConfig,
  ) {}

  async pass(): Promise<void> {
    const { keep } = this.config;
    const retired = await this.store.retireCheckpoints({ perTimeline: keep.checkpoints });
    for (const { id, path } of retired) {
      await removeCheckpoint(this.objects, path);
      await this.store.forgetCheckpoints([id]);
    }
    for (const held of await this.store.pruneBatches(keep.batches)) await this.objects.remove(held);
    await this.store.pruneEvents(keep.events);
    await this.store.pruneIdempotencyKeys(IDEMPOTENCY_KEPT_MS);
  }
}
