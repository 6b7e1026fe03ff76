/**
 * How much one batch may read from all sources together. Well below what a sandbox takes at once: a plan is never
 * changed, so one that is too large for the sandbox would be the end of its job.
 */
export const BATCH_BYTES_MAX = 32 * 1024 * 1024;

export const SOURCES_MAX = 16;

/** What each of `sources` may read for one batch: never less than the longest record that a source may have. */
export const bytesPerSource = (sources: number): number => Math.floor(BATCH_BYTES_MAX / Math.max(1, sources));
