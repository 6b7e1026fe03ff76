/**
 * How far a job has come. The epoch only grows; so does the pair of timeline and batch, in this order. Whoever sees less
 * than what was there before looks at an older copy of the truth.
 */
export interface Progress {
  readonly epoch: number;
  readonly timeline: number;
  /** The last batch of the timeline, or the one that the timeline begins after. */
  readonly batchId: number;
}

/** Whether what was seen of a job cannot have happened yet where it has come as far as `known`. */
export function isAhead(seen: Progress, known: Progress): boolean {
  return seen.epoch > known.epoch || isFurther(seen, known);
}

/** What two witnesses have seen of one job together. */
export function furthest(one: Progress, other: Progress): Progress {
  const { timeline, batchId } = isFurther(one, other) ? one : other;
  return { epoch: Math.max(one.epoch, other.epoch), timeline, batchId };
}

const isFurther = (one: Progress, other: Progress): boolean =>
  one.timeline > other.timeline || (one.timeline === other.timeline && one.batchId > other.batchId);
