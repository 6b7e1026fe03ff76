import type { FieldOf } from './aggregates.js';
import { milliseconds, type Duration } from './duration.js';
import type { NodeParts } from './graph-builder.js';

export interface EventTimeOptions<T> {
  /**
   * Milliseconds since the Unix epoch, at most 8.64e15 from it (what a Date can hold): the name of a field, or a function of
   * the record. Any other fails the job.
   */
  readonly timestamp: FieldOf<T, number> | ((record: T) => number);
  /** How much older than the newest a record may be without being late. */
  readonly outOfOrderness: Duration;
  /** A stream without records for this long holds up no window of the streams that it is joined with. */
  readonly idleAfter?: Duration;
  /** A timestamp that is further ahead of the batch's time than this is counted, and does not move the watermark. */
  readonly aheadMax?: Duration;
}

/** @internal */
export function eventTimeParts<T>(options: EventTimeOptions<T>): NodeParts {
  const { timestamp } = options;
  return {
    options: {
      outOfOrdernessMs: milliseconds(options.outOfOrderness),
      ...(options.idleAfter === undefined ? {} : { idleAfterMs: milliseconds(options.idleAfter) }),
      ...(options.aheadMax === undefined ? {} : { aheadMaxMs: milliseconds(options.aheadMax) }),
      ...(typeof timestamp === 'string' ? { field: timestamp } : {}),
    },
    functions: typeof timestamp === 'string' ? {} : { timestamp },
  };
}
