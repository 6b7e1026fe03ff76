import type { RunnerConfig } from '@tidemark/config';
import { RunStore, Timers, type RunId, type RunnerId } from '@tidemark/domain';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { RUNNER_CONFIG } from '../config.js';
import { ActiveRuns } from '../run-batch/active-runs.js';
import { SystemTimers } from '../system-timers.js';

/** Heartbeats within one lease. */
const BEATS_PER_LEASE = 10;
/** How long a runner that is given up may take to tell what it knows of its jobs. */
const TELL_MS_MAX = 2_000;

/**
 * Keeps this runner's lease, and knows when it is over. Time is measured by the monotonic clock: a process that was
 * stopped, or cut off from Postgres, for longer than its lease gives up its runs before it does anything else.
 */
@Injectable()
export class RunnerLease {
  private readonly logger = new Logger(RunnerLease.name);
  private renewedAtMs = 0;
  /** Takes the next beat back; undefined while it is stopped. */
  private cancel: (() => void) | undefined;
  private beating = false;
  private strangers = new Set<RunId>();

  constructor(
    private readonly runs: RunStore,
    private readonly active: ActiveRuns,
    @Inject(RUNNER_CONFIG) private readonly config: RunnerConfig,
    private readonly timers: Timers = new SystemTimers(),
  ) {}

  /** Beats until `stop`. Calls `onLost` once when the lease is over; the runs are abandoned by then. */
  start(runnerId: RunnerId, onLost: (reason: string) => void): void {
    this.renewedAtMs = this.timers.elapsedMs();
    const lose = (reason: string): void => {
      this.stop();
      this.active.abandonAll('lease_lost');
      onLost(reason);
    };
    const tick = (): void => {
      this.cancel = this.timers.after(this.config.leaseMs / BEATS_PER_LEASE, tick);
      const silentMs = this.timers.elapsedMs() - this.renewedAtMs;
      if (silentMs > this.config.leaseMs) lose(`no heartbeat for ${Math.round(silentMs)} ms`);
      else void this.beat(runnerId, lose);
    };
    this.cancel = this.timers.after(this.config.leaseMs / BEATS_PER_LEASE, tick);
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private async beat(runnerId: RunnerId, lose: (reason: string) => void): Promise<void> {
    if (this.beating) return;
    this.beating = true;
    const sentAtMs = this.timers.elapsedMs();
    try {
      const answer = await this.runs.heartbeat(runnerId);
      if (this.cancel === undefined) return;
      if (answer.outcome === 'lost') {
        await this.giveUp(lose);
        return;
      }
      // Postgres renewed the lease no earlier than this was sent.
      this.renewedAtMs = sentAtMs;
      await this.disownStrangers(this.active.obey(answer.orders), runnerId);
    } catch (error) {
      this.logger.warn(`The heartbeat failed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.beating = false;
    }
  }

  /**
   * A database that failed over, or was restored, drops this runner as well. What it has answered before and does not know
   * any more is known here alone, so that is told before this process ends.
   */
  private async giveUp(lose: (reason: string) => void): Promise<void> {
    this.stop();
    this.active.abandonAll('lease_lost');
    const told = this.active
      .seenProgress()
      .map(({ progress, ...job }) => this.runs.noteProgress(job, progress).catch(() => false));
    const timeout = Promise.withResolvers<readonly boolean[]>();
    const cancel = this.timers.after(TELL_MS_MAX, () => {
      timeout.resolve([]);
    });
    const answers = await Promise.race([Promise.all(told), timeout.promise]);
    cancel();
    const regressed = answers.filter((hasRegressed) => hasRegressed).length;
    lose(
      regressed === 0
        ? 'the scheduler has given this runner up'
        : `the database knows less of ${regressed} jobs than it did (state_regressed)`,
    );
  }

  /** A run that is unknown twice in a row was claimed by a call whose answer never came. */
  private async disownStrangers(unknown: readonly RunId[], runnerId: RunnerId): Promise<void> {
    for (const runId of unknown) if (this.strangers.has(runId)) await this.runs.disown(runId, runnerId);
    this.strangers = new Set(unknown);
  }
}
