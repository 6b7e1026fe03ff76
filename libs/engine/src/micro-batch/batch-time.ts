import { hasInterval, type Flow } from '@tidemark/domain';

/** When a job's batches are due. */
export interface JobTiming extends Flow {
  /** 0 where the trigger has no interval. */
  readonly intervalMs: number;
}

/** Without an interval, rate limits count the time since the last batch, but not more of it than this. */
const RATE_WINDOW_MS_MAX = 1_000;

/** How long an idle source is left alone at most, between two looks at it, where no interval says so. */
export const IDLE_POLL_MS_MAX = 50;

/** Without data, `asap` still runs a batch this often: what waits for time to pass must not wait for a record. */
export const HEARTBEAT_MS = 1_000;

/** The first tick of the grid after `timeMs`. */
export const nextTick = (intervalMs: number, timeMs: number): number =>
  (Math.floor(timeMs / intervalMs) + 1) * intervalMs;

/**
 * The time of the batch that follows the one at `previousMs`; always later.
 *
 * With an interval it is a tick of the grid: under `each` the very next one, else the newest that has passed, so that the
 * ticks that were missed fall together into one batch. Without one it is the wall clock's.
 */
export function nextBatchTime(timing: JobTiming, previousMs: number | undefined, nowMs: number): number {
  const { trigger, downtime, intervalMs } = timing;
  if (!hasInterval(trigger)) return Math.max(Math.floor(nowMs), (previousMs ?? -1) + 1);
  const newestTickMs = Math.floor(nowMs / intervalMs) * intervalMs;
  if (previousMs === undefined) return newestTickMs;
  const followingMs = nextTick(intervalMs, previousMs);
  return downtime === 'each' ? followingMs : Math.max(newestTickMs, followingMs);
}

/** How long until the tick after `previousMs`; 0 when it has come, or nothing has to be waited for. */
export function msUntilTick({ intervalMs }: JobTiming, previousMs: number | undefined, nowMs: number): number {
  if (previousMs === undefined) return 0;
  // A clock that was set back, or another host's, must not put the job to sleep for longer than an interval.
  return Math.min(intervalMs, Math.max(0, nextTick(intervalMs, previousMs) - nowMs));
}

/** Whether a tick has passed that no batch was planned for, besides the newest. */
export function hasMissedTicks({ intervalMs }: JobTiming, previousMs: number | undefined, nowMs: number): boolean {
  return previousMs !== undefined && nowMs >= nextTick(intervalMs, previousMs) + intervalMs;
}

/** The time that a batch's rate limits count: its interval, or what has passed since the last one, within a bound. */
export function rateWindowMs({ intervalMs }: JobTiming, previousMs: number | undefined, batchTimeMs: number): number {
  if (intervalMs > 0) return intervalMs;
  return previousMs === undefined ? RATE_WINDOW_MS_MAX : Math.min(RATE_WINDOW_MS_MAX, batchTimeMs - previousMs);
}

/** How long to leave idle sources alone after so many looks in vain. */
export const idlePollMs = (looks: number): number =>
  looks === 0 ? 0 : Math.min(IDLE_POLL_MS_MAX, 2 ** Math.min(looks - 1, 10));
