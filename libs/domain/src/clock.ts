/** The wall clock of a process, for batch times and display. Leases and expiry are decided by Postgres' clock instead. */
export abstract class Clock {
  /** Milliseconds since the Unix epoch. */
  abstract nowMs(): number;
}

/** Time as it passes within one process, whatever its wall clock is set to: for how long something took, and for waiting. */
export abstract class Timers {
  /** Milliseconds since some moment; never goes back. */
  abstract elapsedMs(): number;
  /** Calls `work` once, `ms` from now; the function that it returns takes that back. */
  abstract after(ms: number, work: () => void): () => void;
}
