import type { BatchContext } from './context.js';
import { milliseconds, type Duration } from './duration.js';
import type { Schema } from './schema.js';

/** Windows of time, made by {@link tumbling}, {@link sliding} or {@link session}. They need `eventTime(…)` before them. */
export type TimeWindows =
  | { readonly kind: 'tumbling'; readonly sizeMs: number; readonly offsetMs: number }
  | { readonly kind: 'sliding'; readonly sizeMs: number; readonly slideMs: number; readonly offsetMs: number }
  | { readonly kind: 'session'; readonly gapMs: number };

/** One window for everything, made by {@link globalWindow}. It never ends, so it needs a trigger. */
export interface GlobalWindow {
  readonly kind: 'global';
}

export interface WindowAlignment {
  /** Windows begin this long after multiples of their size (slide) since the Unix epoch; less than that. Default 0. */
  readonly offset?: Duration;
}

/** Windows of one size, one after the other: each covers `start ≤ time < start + size`. */
export const tumbling = (size: Duration, { offset = 0 }: WindowAlignment = {}): TimeWindows => ({
  kind: 'tumbling',
  sizeMs: milliseconds(size),
  offsetMs: milliseconds(offset),
});

/** Windows of one size of which one begins at every `slide`. The size is a multiple of the slide, at most 10,000 of them. */
export const sliding = (size: Duration, slide: Duration, { offset = 0 }: WindowAlignment = {}): TimeWindows => ({
  kind: 'sliding',
  sizeMs: milliseconds(size),
  slideMs: milliseconds(slide),
  offsetMs: milliseconds(offset),
});

/**
 * Windows of activity: each record covers `time ≤ … < time + gap`, and what overlaps is one session. So a record that comes
 * exactly `gap` after the last one begins a new session, and a session ends `gap` after its last record.
 */
export const session = (gap: Duration): TimeWindows => ({ kind: 'session', gapMs: milliseconds(gap) });

/** One window that holds everything and never ends. */
export const globalWindow = (): GlobalWindow => ({ kind: 'global' });

/** When a window gives results before its end, or, if it is global, at all. */
export type Trigger =
  | { readonly kind: 'everyBatch' }
  | { readonly kind: 'every'; readonly everyMs: number }
  | { readonly kind: 'everyCount'; readonly count: number };

/** At the end of each batch, for the keys that had records in it. */
export const everyBatch = (): Trigger => ({ kind: 'everyBatch' });

/** In the first batch at or after each multiple of `interval` in batch time, for the keys that had records since. */
export const every = (interval: Duration): Trigger => ({ kind: 'every', everyMs: milliseconds(interval) });

/** As soon as a key has had `records` records since its last result. */
export const everyCount = (records: number): Trigger => ({ kind: 'everyCount', count: records });

export interface WindowByOptions {
  /**
   * How long after its end (in event time) a window still takes records; each batch that has some for it gives results
   * again, for the keys of those. Default 0.
   */
  readonly allowedLateness?: Duration;
  /** Results before the end of a window; the one at its end comes in any case. Default: none. */
  readonly trigger?: Trigger;
  /** After a result, whether the next one holds everything (`accumulate`, the default) or only what came since. */
  readonly afterResult?: 'accumulate' | 'discard';
  /** How many windows (of sliding ones: panes) may be open at once; one more fails the job. Default 10,000. */
  readonly windowsMax?: number;
  /** How many rows (keys in all windows; of `process`, records) may be kept; more fail the job. Default 20,000,000. */
  readonly rowsMax?: number;
}

export interface WindowFoldOptions<S, V, C extends BatchContext> {
  /** The state of a key that is new in a window: plain JSON, of which each gets a copy. */
  readonly initial: S;
  /** May change the state that it is given. */
  readonly fold: (state: S, value: V, context: C) => S;
  /**
   * Joins the states of two parts of a window, the earlier one first: associative, as parts of parts are joined too. Session
   * and sliding windows need it.
   */
  readonly merge?: (earlier: S, later: S) => S;
  /** What the state looks like. */
  readonly schema?: Schema<S>;
}

/** @internal The options of a node with windows. */
export function windowByParameters(
  windows: TimeWindows | GlobalWindow,
  options: WindowByOptions,
): { readonly [name: string]: unknown } {
  const { allowedLateness = 0, trigger, afterResult, windowsMax, rowsMax } = options;
  return {
    windows,
    allowedLatenessMs: milliseconds(allowedLateness),
    ...(trigger === undefined ? {} : { trigger }),
    ...(afterResult === undefined ? {} : { afterResult }),
    ...(windowsMax === undefined ? {} : { windowsMax }),
    ...(rowsMax === undefined ? {} : { rowsMax }),
  };
}
