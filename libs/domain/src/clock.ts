/** The wall clock of a process, for batch times and display. Leases and expiry are decided by Postgres' clock instead. */
export abstract class Clock {
  /** Milliseconds since the Unix epoch. */
  abstract nowMs(): number;
}
