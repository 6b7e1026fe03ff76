/** How long a runner may be silent before its jobs are given to others, unless that is set. */
export const LEASE_DEFAULT_MS = 5_000;
