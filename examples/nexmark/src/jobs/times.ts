interface Dated {
  /** Milliseconds since 1970. */
  readonly dateTime: number;
}

/** `2015-07-15`, in UTC. */
export const dayOf = ({ dateTime }: Dated): string => new Date(dateTime).toISOString().slice(0, 10);

/** `23:59`, in UTC. */
export const minuteOf = ({ dateTime }: Dated): string => new Date(dateTime).toISOString().slice(11, 16);
