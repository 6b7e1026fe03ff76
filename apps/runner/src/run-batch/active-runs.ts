import { Timers, type JobId, type Orders, type Progress, type RunId } from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { SystemTimers } from '../system-timers.js';
import type { AbandonReason, ActiveRun, DrainReason } from './active-run.js';
import { SeenProgress, type SeenJob } from './seen-progress.js';

/** The runs of this process. Owner of the map: this object. */
@Injectable()
export class ActiveRuns {
  private readonly runs = new Map<RunId, { readonly run: ActiveRun; readonly ended: Promise<void> }>();
  private readonly seen = new SeenProgress();
  private shuttingDown = false;

  constructor(private readonly timers: Timers = new SystemTimers()) {}

  /** True once this runner takes no more jobs. */
  get closed(): boolean {
    return this.shuttingDown;
  }

  /** How many there are now. */
  get size(): number {
    return this.runs.size;
  }

  /** Keeps the run until `work` settles, however it does. */
  async during(run: ActiveRun, work: () => Promise<void>): Promise<void> {
    const { runId } = run.claimed.fence;
    const ended = work();
    this.runs.set(runId, { run, ended });
    if (this.shuttingDown) run.drain('runner_shutdown');
    try {
      await ended;
    } finally {
      this.runs.delete(runId);
      this.seen.note(seenOf(run));
    }
  }

  /** Passes on what is wanted; returns the runs that are said to be ours and that we do not have. */
  obey(orders: ReadonlyMap<RunId, Orders>): readonly RunId[] {
    for (const [runId, order] of orders) this.runs.get(runId)?.run.obey(order);
    return [...orders.keys()].filter((runId) => !this.runs.has(runId));
  }

  /** How far a job had come when its last run in this process ended; undefined where there was none. */
  lastProgressOf(jobId: JobId): Progress | undefined {
    return this.seen.of(jobId);
  }

  /** How far each job had come that runs in this process, or has. */
  seenProgress(): readonly SeenJob[] {
    const running = [...this.runs.values()].map(({ run }) => seenOf(run));
    const jobIds = new Set(running.map(({ jobId }) => jobId));
    return [...running, ...this.seen.all().filter(({ jobId }) => !jobIds.has(jobId))];
  }

  abandonAll(reason: AbandonReason): void {
    for (const { run } of this.runs.values()) run.abandon(reason);
  }

  /** Brings every run to a batch boundary; false if some were not there in time. */
  async drainAll(reason: DrainReason, withinMs: number): Promise<boolean> {
    this.shuttingDown = true;
    for (const { run } of this.runs.values()) run.drain(reason);
    const all = Promise.allSettled([...this.runs.values()].map(({ ended }) => ended)).then(() => true);
    const { promise: late, resolve } = Promise.withResolvers<false>();
    const cancel = this.timers.after(withinMs, () => {
      resolve(false);
    });
    try {
      return await Promise.race([all, late]);
    } finally {
      cancel();
    }
  }
}

const seenOf = ({ claimed: { fence }, progress }: ActiveRun): SeenJob => {
  const { tenantId, jobId } = fence;
  return { tenantId, jobId, progress };
};
