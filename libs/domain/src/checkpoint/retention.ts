/** How much of a job's past is kept. What is undefined is not limited by this. */
export interface RetentionLimits {
  /** Complete checkpoints for each timeline. */
  readonly checkpoints?: number | undefined;
  /** Milliseconds since a checkpoint was complete. */
  readonly ageMs?: number | undefined;
  /** Stored bytes, files that several checkpoints share counted once: of one job, or of all jobs of a tenant together. */
  readonly bytes?: number | undefined;
}

/** A tenant's checkpoints are more bytes than its limit, and all that is left must be kept. */
export interface QuotaPressure {
  readonly bytes: number;
  readonly quotaBytes: number;
  /** How many times longer than configured the time between two checkpoints of a running job is. */
  readonly stretch: number;
  readonly since: Date;
}

/** What is stored of a job's checkpoints, or of all of a tenant's. */
export interface StoredCheckpoints {
  /** Files that several checkpoints share are counted once. */
  readonly bytes: number;
  /** Complete ones, savepoints among them. */
  readonly checkpoints: number;
  readonly savepoints: number;
  /** Complete ones whose every byte was read back and held against its hash. */
  readonly verified: number;
  /** Those that somebody holds on to. */
  readonly pinned: number;
}

const STRETCH_MAX = 8;
/** However far a tenant is over its limit: what a restart has to run again must not grow without bound. */
const STRETCHED_INTERVAL_MS_MAX = 600_000;

/** How many times less often checkpoints are written: twice over the limit, four times from double, eight from four times. */
export function checkpointStretch({
  bytes,
  quotaBytes,
}: {
  readonly bytes: number;
  readonly quotaBytes: number;
}): number {
  if (bytes <= quotaBytes) return 1;
  for (let stretch = 2; stretch < STRETCH_MAX; stretch *= 2) if (bytes < quotaBytes * stretch) return stretch;
  return STRETCH_MAX;
}

/** Milliseconds between checkpoints. An interval that is longer than the bound already stays as it is. */
export function stretchedIntervalMs(intervalMs: number, stretch: number): number {
  return Math.min(intervalMs * stretch, Math.max(intervalMs, STRETCHED_INTERVAL_MS_MAX));
}
