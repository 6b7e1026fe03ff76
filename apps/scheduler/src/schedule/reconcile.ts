import { SchedulingStore } from '@tidemark/domain';
import type { SchedulerConfig } from '@tidemark/config';
import { count, METRICS } from '@tidemark/observability';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { OutboxRelay } from '../outbox-relay/outbox-relay.js';
import { SCHEDULER_CONFIG } from '../config.js';
import { inTurn } from '../in-turn.js';

const JOBS_MAX_PER_PASS = 50;

/**
 * One pass brings what is closer to what is wanted: frees the jobs of lost runners, decides the start of every job that
 * is due, and hands the runs to the queue. It reads everything from Postgres, so it does not matter what a pass before
 * it, or another scheduler, has left half done.
 */
@Injectable()
export class Reconcile {
  private readonly logger = new Logger(Reconcile.name);

  constructor(
    private readonly store: SchedulingStore,
    private readonly relay: OutboxRelay,
    @Inject(SCHEDULER_CONFIG) private readonly config: SchedulerConfig,
  ) {}

  async pass(nowMs: number): Promise<void> {
    const steps = [
      () => this.freeLostJobs(),
      () => this.scheduleDueJobs(),
      () => this.relay.relay(),
      () => this.relay.resendDoubtful(nowMs),
    ];
    await inTurn(steps, (step) => step());
  }

  private async freeLostJobs(): Promise<void> {
    for (const lost of await this.store.endLostRuns(this.config.leaseMs)) {
      count(METRICS.runsLost, { jobStatus: lost.status });
      this.logger.warn(`Runner ${lost.runnerId} is gone; its job is free.`, { jobId: lost.jobId, runId: lost.runId });
    }
  }

  private async scheduleDueJobs(): Promise<void> {
    for (const scheduled of await this.store.scheduleDueJobs(JOBS_MAX_PER_PASS)) {
      const { outcome, jobId } = scheduled;
      if (outcome === 'faulty') {
        this.logger.error(`A job cannot be scheduled: ${String(scheduled.error)}`, { jobId });
      } else {
        if (outcome === 'scheduled') count(METRICS.runsScheduled, { trigger: scheduled.trigger });
        this.logger.log(`A job is ${outcome}.`, scheduled);
      }
    }
  }
}
