import { JOB_STATUSES, SchedulingStore, type JobStatus } from '@tidemark/domain';
import { METRICS, observe } from '@tidemark/observability';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SchedulerLoop } from './scheduler.loop.js';

const NONE: ReadonlyMap<JobStatus, number> = new Map();

/**
 * Has the jobs counted whenever metrics are sent, by the scheduler that leads. The others say that there are none: so the sum
 * over all schedulers is right, also after another one has taken over.
 */
@Injectable()
export class CountJobs implements OnApplicationBootstrap, OnModuleDestroy {
  private stop: (() => void) | undefined;

  constructor(
    private readonly store: SchedulingStore,
    private readonly loop: SchedulerLoop,
  ) {}

  onApplicationBootstrap(): void {
    this.stop = observe(METRICS.jobs, async () => {
      const jobs = this.loop.isLeading ? await this.store.countJobs() : NONE;
      return JOB_STATUSES.map((jobStatus) => [jobs.get(jobStatus) ?? 0, { jobStatus }] as const);
    });
  }

  /** What is sent at the very end is without it: there is no database any more. */
  onModuleDestroy(): void {
    this.stop?.();
  }
}
