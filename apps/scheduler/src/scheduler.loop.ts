import type { SchedulerConfig } from '@tidemark/config';
import { SchedulingStore } from '@tidemark/domain';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Collect } from './collect/collect.js';
import { SCHEDULER_CONFIG } from './config.js';
import { Reconcile } from './schedule/reconcile.js';

/** How long to leave Postgres alone after it could not be asked. */
const FAULT_PAUSE_MS = 250;

/**
 * The scheduler's one loop: wait for work, then bring things closer to what is wanted, while this process leads. Being
 * wrong about leading does no harm: every change is conditional on what it was decided from.
 */
@Injectable()
export class SchedulerLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(SchedulerLoop.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** Under way beside the loop: objects may be slow to remove, and a lost runner must be noticed meanwhile. */
  private collecting: Promise<void> | undefined;
  private collectDueMs = 0;

  constructor(
    private readonly store: SchedulingStore,
    private readonly reconcile: Reconcile,
    private readonly collect: Collect,
    @Inject(SCHEDULER_CONFIG) private readonly config: SchedulerConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.collecting;
    await this.store.close();
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.store.whileLeading(() => this.pass());
        await this.store.waitForWork(this.config.reconcileMs);
      } catch (error) {
        this.report(error);
        await new Promise((resolve) => setTimeout(resolve, FAULT_PAUSE_MS));
      }
    }
  }

  private async pass(): Promise<void> {
    const nowMs = performance.now();
    await this.reconcile.pass(nowMs);
    if (nowMs < this.collectDueMs || this.collecting !== undefined) return;
    this.collectDueMs = nowMs + this.config.collectMs;
    this.collecting = this.collect
      .pass(this.stopping.signal)
      .catch((error: unknown) => {
        this.report(error);
      })
      .finally(() => {
        this.collecting = undefined;
      });
  }

  private report(error: unknown): void {
    this.logger.error(error instanceof Error ? error : String(error));
  }
}
