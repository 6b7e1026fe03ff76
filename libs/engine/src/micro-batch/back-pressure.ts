import type { BackPressure } from '@tidemark/domain';

/** What one committed batch has shown. */
export interface BatchMeasure {
  /** When it was done, by the wall clock. */
  readonly atMs: number;
  readonly bytes: number;
  readonly processingMs: number;
  readonly schedulingDelayMs: number;
  /** How many sources gave as much as they were allowed to: there is more where that came from. */
  readonly saturatedSources: number;
}

export interface RateState {
  readonly bytesPerSecond: number;
  /** Bytes per second by which the rate before was too high. */
  readonly error: number;
  readonly atMs: number;
}

/**
 * The rate after one more batch, by the PID controller of Spark Streaming's `PIDRateEstimator`
 * (https://github.com/apache/spark/blob/master/streaming/src/main/scala/org/apache/spark/streaming/scheduler/rate/PIDRateEstimator.scala),
 * with bytes in place of records:
 *
 * ```text
 * processing rate  = bytes ÷ processing time
 * error            = rate − processing rate                             (P: how far off the rate was)
 * historical error = scheduling delay × processing rate ÷ interval      (I: what has piled up, worked off in an interval)
 * change           = (error − error before) ÷ time between the two      (D)
 * new rate         = max(least, rate − kp × error − ki × historical error − kd × change)
 * ```
 *
 * The first batch sets the rate to what it was worked off at. A batch that shows nothing changes nothing.
 */
export function nextRate(
  weights: BackPressure,
  intervalMs: number,
  before: RateState | undefined,
  batch: BatchMeasure,
): RateState | undefined {
  const { bytes, processingMs, schedulingDelayMs, atMs } = batch;
  if (bytes <= 0 || processingMs <= 0) return before;
  const processingRate = (bytes / processingMs) * 1_000;
  const atLeast = (rate: number): number => Math.max(weights.bytesPerSecondMin, rate);
  if (before === undefined) return { bytesPerSecond: atLeast(processingRate), error: 0, atMs };
  const secondsBetween = (atMs - before.atMs) / 1_000;
  if (secondsBetween <= 0) return before;
  const error = before.bytesPerSecond - processingRate;
  const historicalError = (schedulingDelayMs * processingRate) / intervalMs;
  const change = (error - before.error) / secondsBetween;
  const { proportional, integral, derivative } = weights;
  const rate = before.bytesPerSecond - proportional * error - integral * historicalError - derivative * change;
  return { bytesPerSecond: atLeast(rate), error, atMs };
}

/**
 * A batch that reads less takes no less time: its plan, its sinks and its commit cost what they cost. Without this, a slow
 * disk and a short interval would throttle a job to nothing.
 */
const BYTES_PER_BATCH_MIN = 64 * 1_024;

/**
 * Holds batches to their interval by what they may read. It begins with a batch that took longer than the interval, and
 * ends with one that did not and got all that was there: while batches are in time, nothing is limited.
 *
 * What it has learnt need not outlive the run: a plan is durable, so a batch that is run again reads the same.
 * Owner of all fields: the planner of one run.
 */
export class BackPressureLimiter {
  private state: RateState | undefined;
  private sharedBy = 1;

  /** @param weights false for no limit at all */
  constructor(
    private readonly weights: BackPressure | false,
    private readonly intervalMs: number,
  ) {}

  /** Bytes that the next batch may read in all; undefined while nothing is limited. */
  get bytesPerBatch(): number | undefined {
    if (this.state === undefined) return undefined;
    return Math.max(BYTES_PER_BATCH_MIN, Math.floor((this.state.bytesPerSecond * this.intervalMs) / 1_000));
  }

  /** Bytes that one source may read for the next batch: the limit is shared by those that had more to give. */
  get bytesPerSource(): number {
    return this.bytesPerBatch === undefined ? Infinity : Math.floor(this.bytesPerBatch / this.sharedBy);
  }

  note(batch: BatchMeasure): void {
    if (this.weights === false) return;
    const inTime = batch.processingMs <= this.intervalMs;
    if (inTime && (this.state === undefined || batch.saturatedSources === 0)) {
      this.state = undefined;
      return;
    }
    this.sharedBy = Math.max(1, batch.saturatedSources);
    this.state = nextRate(this.weights, this.intervalMs, this.state, batch);
  }
}
