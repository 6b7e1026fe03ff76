import { Timers, type Orders, type RunId } from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { SystemTimers } from '../system-timers.js';
import type { AbandonReason, ActiveRun, DrainReason } from './active-run.js';

/** The runs of this process. Owner of the map: this object. */
@Injectable()
export class ActiveRuns {
  private readonly runs = new Map<RunId, { readonly run: ActiveRun; readonly ended: Promise<void> }>();
  private shuttingDown = false;

  constructor(private readonly timers: Timers = new SystemTimers()) {}

  /** True once this runner takes no more jobs. */
  get closed(): boolean {
    return this.shuttingDown;
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
    }
  }

  /** Passes on what is wanted; returns the runs that are said to be ours and that we do not have. */
  obey(orders: ReadonlyMap<RunId, Orders>): readonly RunId[] {
    for (const [runId, order] of orders) this.runs.get(runId)?.run.obey(order);
    return [...orders.keys()].filter((runId) => !this.runs.has(runId));
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
