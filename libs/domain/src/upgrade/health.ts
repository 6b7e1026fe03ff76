import type { CheckpointId } from '../ids.js';

/** What a new revision is held to before it counts as healthy, as a job's configuration says it. */
export interface HealthConfig {
  /** Batches that it must commit within the limits; 0: it is not watched. */
  readonly batches: number;
  /** How many times longer than the revision before it may take, for a batch and for a record. */
  readonly slowdown: number;
  /** How many times as many rows of state as it took over it may have. */
  readonly growth: number;
  /** Which part of the records that it reads it may skip as unreadable, from 0 to 1. */
  readonly skipped: number;
}

export const DEFAULT_HEALTH: HealthConfig = { batches: 5, slowdown: 3, growth: 10, skipped: 0.1 };

/** The same in a probation, which is kept with the job while it lasts. */
export interface HealthLimits {
  /** Batches that it must commit within the limits; 0: it is not watched. */
  readonly batches: number;
  /** How many times longer than the revision before it may take, for a batch and for a record. */
  readonly slowdownMax: number;
  /** How many times as many rows of state as its checkpoint it may have. */
  readonly growthMax: number;
  /** Which part of the records that it reads it may skip as unreadable, from 0 to 1. */
  readonly skippedMax: number;
}

export const healthLimits = ({ batches, slowdown, growth, skipped }: HealthConfig): HealthLimits => ({
  batches,
  slowdownMax: slowdown,
  growthMax: growth,
  skippedMax: skipped,
});

/** A revision that may still turn out to be worse than the one before, and the way back. */
export interface Probation {
  readonly revision: number;
  readonly limits: HealthLimits;
  /** Medians of the newest batches of the revision before; undefined where there were none. */
  readonly before: { readonly processingMs: number; readonly msPerRecord: number } | undefined;
  /** Rows of the state that it took over. */
  readonly stateRows: number;
  readonly back: {
    readonly revision: number;
    readonly checkpointId: CheckpointId;
  };
}

export interface WatchedBatch {
  readonly processingMs: number;
  /** What it read for the first time. */
  readonly recordsIn: number;
  /** Of these, as unreadable or set aside. */
  readonly recordsSkipped: number;
  /** What it read again from dead letters. That the job could not take it once says nothing of this revision. */
  readonly recordsRedriven: number;
  readonly stateRows: number;
}

export type Health =
  { readonly outcome: 'on_probation' | 'healthy' } | { readonly outcome: 'unhealthy'; readonly reason: string };

/** Below this a batch is not slow, whatever came before: a timer's whim would be many times a millisecond. */
const SLOW_MS_MIN = 50;
/** Nor is it below this part of the interval: the job keeps up with ease, and a machine that is busy elsewhere does as much. */
const SLOW_PART_OF_INTERVAL = 0.5;
/** Fewer rows than this are no explosion. */
const GROWTH_ROWS_MIN = 10_000;
/** Fewer records than these count as so many: a part of three records is one bad line. */
const SKIPPED_RECORDS_MIN = 100;
/** With so many batches in a row of which nothing was taken, it is not the lines that are bad, however few they are. */
const NOTHING_TAKEN_IN_A_ROW = 3;
/** One slow batch may be the machine's fault, or the first one of a process that is not warm yet. */
const SLOW_IN_A_ROW = 2;

/** Looks at the batches of a revision on probation, one after the other. Owner of all fields: the run's loop. */
export class HealthWatch {
  private committed = 0;
  private slowInARow = 0;
  private nothingTakenInARow = 0;
  /** Of the newest batches, as many as it takes to have enough records. */
  private read = { records: 0, skipped: 0 };

  /** @param intervalMs from batch to batch */
  constructor(
    private readonly probation: Probation,
    private readonly intervalMs: number,
  ) {}

  note(batch: WatchedBatch): Health {
    const { limits } = this.probation;
    this.committed += 1;
    const reason = this.slow(batch) ?? this.grown(batch) ?? this.skipping(batch);
    if (reason !== undefined) return { outcome: 'unhealthy', reason };
    return this.committed >= limits.batches && this.slowInARow === 0 && this.nothingTakenInARow === 0
      ? { outcome: 'healthy' }
      : { outcome: 'on_probation' };
  }

  private slow({ processingMs, recordsIn, recordsRedriven }: WatchedBatch): string | undefined {
    const { before, limits } = this.probation;
    // What is read again comes on top of what is usual, and may be what took so long that it was set aside.
    if (before === undefined || recordsRedriven > 0) return undefined;
    const msPerRecord = processingMs / Math.max(1, recordsIn);
    // A batch that catches up has more records; one with few records costs more for each.
    const leastMs = Math.max(SLOW_MS_MIN, SLOW_PART_OF_INTERVAL * this.intervalMs);
    const isSlow =
      processingMs > Math.max(leastMs, limits.slowdownMax * before.processingMs) &&
      msPerRecord > limits.slowdownMax * before.msPerRecord;
    this.slowInARow = isSlow ? this.slowInARow + 1 : 0;
    if (this.slowInARow < SLOW_IN_A_ROW) return undefined;
    return `${SLOW_IN_A_ROW} batches took more than ${limits.slowdownMax} times as long as before: the last one ${processingMs} ms, and ${before.processingMs} ms was usual`;
  }

  private grown({ stateRows }: WatchedBatch): string | undefined {
    const { stateRows: before, limits } = this.probation;
    if (stateRows <= limits.growthMax * Math.max(before, GROWTH_ROWS_MIN)) return undefined;
    return `its state has ${stateRows} rows, and it took over ${before}`;
  }

  private skipping({ recordsIn, recordsSkipped }: WatchedBatch): string | undefined {
    const { skippedMax } = this.probation.limits;
    if (recordsIn === 0) return undefined;
    const records = this.read.records + recordsIn;
    const skipped = this.read.skipped + recordsSkipped;
    this.read = records < SKIPPED_RECORDS_MIN ? { records, skipped } : { records: 0, skipped: 0 };
    // Who allows that all of them are skipped means it.
    const isTaken = recordsSkipped < recordsIn || skippedMax >= 1;
    this.nothingTakenInARow = isTaken ? 0 : this.nothingTakenInARow + 1;
    if (skipped > skippedMax * Math.max(records, SKIPPED_RECORDS_MIN))
      return `it skipped ${skipped} of ${records} records as unreadable`;
    if (this.nothingTakenInARow < NOTHING_TAKEN_IN_A_ROW) return undefined;
    return `it skipped all records of ${NOTHING_TAKEN_IN_A_ROW} batches as unreadable`;
  }
}

/** Medians of what batches took; undefined without any. */
export function usualOf(batches: readonly Pick<WatchedBatch, 'processingMs' | 'recordsIn'>[]): Probation['before'] {
  if (batches.length === 0) return undefined;
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
  return {
    processingMs: median(batches.map(({ processingMs }) => processingMs)),
    msPerRecord: median(batches.map(({ processingMs, recordsIn }) => processingMs / Math.max(1, recordsIn))),
  };
}
