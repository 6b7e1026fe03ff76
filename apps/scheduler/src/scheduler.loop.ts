import type { SchedulerConfig } from '@tidemark/config';
import { SchedulingStore, Timers } from '@tidemark/domain';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Collect } from './collect/collect.js';
import { SCHEDULER_CONFIG } from './config.js';
import { Reconcile } from './schedule/reconcile.js';
import { PruneTrail } from './sweep/prune-trail.js';
import { Sweep } from './sweep/sweep.js';
import { WatchStore } from './sweep/watch-store.js';
import { SystemTimers } from './system-timers.js';
import { VerifyCheckpoints } from './verify/verify-checkpoints.js';

/** How long to leave Postgres alone after it could not be asked. */
const FAULT_PAUSE_MS = 250;
/** How often it is asked whether there is a checkpoint to read back, and whether the rate allows it. */
const VERIFY_MS = 1_000;
/** How often it is looked whether the object store is still this installation's. */
const WATCH_MS = 10_000;

/** Work under way beside the loop: objects may be slow, and a lost runner must be noticed meanwhile. */
interface Beside {
  readonly work: { pass(signal: AbortSignal): Promise<void> };
  readonly everyMs: number;
  dueMs: number;
  running: Promise<void> | undefined;
}

/**
 * The scheduler's one loop: wait for work, then bring things closer to what is wanted, while this process leads. Being
 * wrong about leading does no harm: every change is conditional on what it was decided from.
 */
@Injectable()
export class SchedulerLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(SchedulerLoop.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private leads = false;
  private readonly beside: readonly Beside[];

  constructor(
    private readonly store: SchedulingStore,
    private readonly reconcile: Reconcile,
    collect: Collect,
    sweep: Sweep,
    verify: VerifyCheckpoints,
    trail: PruneTrail,
    watch: WatchStore,
    @Inject(SCHEDULER_CONFIG) private readonly config: SchedulerConfig,
    private readonly timers: Timers = new SystemTimers(),
  ) {
    const beside = (work: Beside['work'], everyMs: number): Beside => ({ work, everyMs, dueMs: 0, running: undefined });
    this.beside = [
      beside(watch, WATCH_MS),
      beside(collect, config.collectMs),
      beside(sweep, config.sweep.everyMs),
      beside(verify, VERIFY_MS),
      beside(trail, config.sweep.everyMs),
    ];
  }

  /** Whether this process led when it last looked. */
  get isLeading(): boolean {
    return this.leads;
  }

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
    for (const { running } of this.beside) await running;
    await this.store.close();
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.passIfLeading();
        await this.store.waitForWork(this.config.reconcileMs);
      } catch (error) {
        this.report(error);
        await new Promise<void>((resolve) => void this.timers.after(FAULT_PAUSE_MS, resolve));
      }
    }
  }

  /** A pass that fails was led all the same; a database that cannot be asked leaves it open, and then nobody counts on it. */
  private async passIfLeading(): Promise<void> {
    let leads = false;
    try {
      await this.store.whileLeading(() => {
        leads = true;
        return this.pass();
      });
    } finally {
      this.leads = leads;
    }
  }

  private async pass(): Promise<void> {
    const nowMs = this.timers.elapsedMs();
    await this.reconcile.pass(nowMs);
    for (const each of this.beside) {
      if (nowMs < each.dueMs || each.running !== undefined) continue;
      each.dueMs = nowMs + each.everyMs;
      each.running = each.work
        .pass(this.stopping.signal)
        .catch((error: unknown) => {
          this.report(error);
        })
        .finally(() => {
          each.running = undefined;
        });
    }
  }

  private report(error: unknown): void {
    this.logger.error(error instanceof Error ? error : String(error));
  }
}
