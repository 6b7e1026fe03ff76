/** Starts without a committed batch or an orderly end in between after which a job is given up, for a person to look at. */
export const ATTEMPTS_MAX = 12;

const FIRST_DELAY_MS = 500;
const DELAY_MS_MAX = 60_000;
/** A lost runner says little about the job, so its first successors start at once. */
const IMMEDIATE_AFTER_LOSS = 3;

/**
 * Why the last run ended. What lies outside, a sink or a full disk, comes back by itself one day: a job that waits for it
 * is never given up.
 */
export type RetryCause = 'runner_lost' | 'run_failed' | 'outside_unavailable';

export type Retry = { readonly kind: 'at'; readonly delayMs: number } | { readonly kind: 'give_up' };

/**
 * When to start a job again after a run that ended badly. Exponential, and up to half of the wait is left to chance, so that
 * many jobs that fell together do not rise together.
 *
 * @param attempts starts since the last committed batch or orderly end, this one included
 * @param random uniform in [0, 1)
 */
export function decideRetry(cause: RetryCause, attempts: number, random: number): Retry {
  if (attempts >= ATTEMPTS_MAX && cause !== 'outside_unavailable') return { kind: 'give_up' };
  if (cause === 'runner_lost' && attempts <= IMMEDIATE_AFTER_LOSS) return { kind: 'at', delayMs: 0 };
  const ceilingMs = Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** Math.max(0, attempts - 1));
  return { kind: 'at', delayMs: Math.round(ceilingMs * (0.5 + random / 2)) };
}
