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
