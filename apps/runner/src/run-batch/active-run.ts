import type { BatchCommit, ClaimedRun, Orders, Progress, Timers } from '@tidemark/domain';
import { SystemTimers } from '../system-timers.js';

/** Why a run stops at the next batch boundary. */
export type DrainReason = 'stop' | 'redeploy' | 'runner_shutdown';

/** Why a run ends at once, in the middle of whatever it does. */
export type AbandonReason = 'cancelled' | 'fenced' | 'lease_lost' | 'state_regressed';

/**
 * A timer fires up to this much late, and `ms` was counted from a clock that shows whole milliseconds: by asking for one
 * less, a pause ends within a millisecond of its time, either way.
 */
const TIMER_LATE_MS = 1;

/**
 * One run while it lives, and what it has been told. Whoever learns something (a commit's answer, a heartbeat, the
 * process's own end) tells it here; the run's loop asks.
 *
 * Owner of all fields: this object, on behalf of the run's loop.
 */
export class ActiveRun {
  private drainReason: DrainReason | undefined;
  private abandonReason: AbandonReason | undefined;
  private stretch = 1;
  private reached: Progress;
  private savepoint: number | undefined;
  /** Whether dead letters may wait to be read again. Whoever finds that there are none says so here. */
  redriveWanted: boolean;
  private wake: (() => void) | undefined;
  private onAbandon: (() => void) | undefined;
  private readonly abandonment = Promise.withResolvers<AbandonReason>();

  constructor(
    readonly claimed: ClaimedRun,
    readonly timers: Timers = new SystemTimers(),
  ) {
    this.savepoint = claimed.savepoint;
    this.reached = claimed.progress;
    this.redriveWanted = claimed.redrive ?? false;
  }

  get draining(): DrainReason | undefined {
    return this.drainReason;
  }

  get abandoned(): AbandonReason | undefined {
    return this.abandonReason;
  }

  /** How many times longer than configured to wait between checkpoints. */
  get checkpointStretch(): number {
    return this.stretch;
  }

  /** The newest savepoint that somebody waits for, by its number; undefined where nobody does. */
  get savepointWanted(): number | undefined {
    return this.savepoint;
  }

  /** How far the job has come, by what was answered to this run. */
  get progress(): Progress {
    return this.reached;
  }

  noteCommitted({ timeline, batchId }: Pick<BatchCommit, 'timeline' | 'batchId'>): void {
    this.reached = { epoch: this.claimed.fence.epoch, timeline, batchId };
  }

  /** Takes the newest orders of the job's owner. */
  obey({ desired, revision, checkpointStretch = this.stretch, startsElsewhere = false, ...orders }: Orders): void {
    const { savepoint, redrive = this.redriveWanted } = orders;
    this.stretch = checkpointStretch;
    this.redriveWanted = redrive;
    this.savepoint = savepoint;
    if (desired === 'cancelled') this.abandon('cancelled');
    else if (desired === 'stopped') this.drain('stop');
    else if (startsElsewhere || revision !== this.claimed.revision.number) this.drain('redeploy');
    else if (savepoint !== undefined) this.wake?.();
  }

  drain(reason: DrainReason): void {
    this.drainReason ??= reason;
    this.wake?.();
  }

  /** Ends the run now: its sandbox is killed before this returns, so no tenant code outlives the right to run it. */
  abandon(reason: AbandonReason): void {
    this.abandonReason ??= reason;
    this.onAbandon?.();
    this.wake?.();
    this.abandonment.resolve(this.abandonReason);
  }

  /** Resolves when the run is abandoned, and never otherwise. */
  untilAbandoned(): Promise<AbandonReason> {
    return this.abandonment.promise;
  }

  /** Calls `kill` when the run is abandoned, at once if it is already. */
  whenAbandoned(kill: () => void): void {
    this.onAbandon = kill;
    if (this.abandonReason !== undefined) kill();
  }

  /** Waits, but not longer than until something is ordered. */
  async pause(ms: number): Promise<void> {
    if (ms <= 0 || this.abandonReason !== undefined || this.drainReason !== undefined) return;
    await new Promise<void>((resolve) => {
      const cancel = this.timers.after(ms - TIMER_LATE_MS, resolve);
      this.wake = () => {
        cancel();
        resolve();
      };
    });
    this.wake = undefined;
  }
}
