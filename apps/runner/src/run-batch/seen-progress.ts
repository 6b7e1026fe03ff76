import type { JobId, Progress, TenantId } from '@tidemark/domain';

/** Jobs that are remembered after their runs; those whose runs ended the longest ago are forgotten first. */
const REMEMBERED_MAX = 1_000;

export interface SeenJob {
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly progress: Progress;
}

/**
 * How far jobs had come when their runs in this process ended. A database that was restored from an older copy does not
 * know it, and whoever asks it does not find out.
 *
 * Owner of the map: this object.
 */
export class SeenProgress {
  private readonly jobs = new Map<JobId, SeenJob>();

  note(seen: SeenJob): void {
    this.jobs.delete(seen.jobId);
    this.jobs.set(seen.jobId, seen);
    const [oldest] = this.jobs.keys();
    if (this.jobs.size > REMEMBERED_MAX && oldest !== undefined) this.jobs.delete(oldest);
  }

  of(jobId: JobId): Progress | undefined {
    return this.jobs.get(jobId)?.progress;
  }

  all(): readonly SeenJob[] {
    return [...this.jobs.values()];
  }
}
