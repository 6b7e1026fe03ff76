import { milliseconds, type Duration } from './duration.js';

/** What the job's code may know of the batch that it runs in. The same on every replay of the batch. */
export interface BatchContext {
  readonly batchId: number;
  /** Milliseconds since the Unix epoch; also what `Date.now()` answers. */
  readonly batchTimeMs: number;
}

/**
 * Behind a window, the callbacks also see which window the row is of. In event time it covers
 * `windowStartMs ≤ time < windowEndMs`; in processing time, `windowStartMs < time ≤ windowEndMs`.
 */
export interface WindowContext extends BatchContext {
  readonly windowStartMs: number;
  readonly windowEndMs: number;
}

/** What a stream can be keyed by. A number must be finite. */
export type Key = string | number | boolean;

export interface WindowOptions {
  /** Length; a multiple of `slide`. */
  readonly window: Duration;
  /** A window ends at every multiple of it since the Unix epoch; a multiple of the batch interval. */
  readonly slide: Duration;
}

export interface WindowReduceOptions<V> extends WindowOptions {
  /** Associative and commutative. */
  readonly reduce: (a: V, b: V) => V;
  /** Takes `leaving` out of `whole` again, so that a slide costs what came and went instead of the whole window. */
  readonly inverse?: (whole: V, leaving: V) => V;
}

/** @internal */
export function windowParameters({ window, slide }: WindowOptions): { windowMs: number; slideMs: number } {
  return { windowMs: milliseconds(window), slideMs: milliseconds(slide) };
}
