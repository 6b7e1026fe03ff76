import type { Duration, JobDefinition, Key } from '@tidemark/streams';

export interface TestJobOptions {
  /** Where the clock begins, in milliseconds since the Unix epoch; the beginning of 2026 unless given. */
  readonly startMs?: number;
  /** Two seeds give two rows of random numbers; the same one gives the same. */
  readonly seed?: string;
}

/** What sinks got, by the sink's uid: rows as they read back from JSON. Every sink of the job is there. */
export interface TestRows {
  readonly [sink: string]: readonly unknown[];
}

export interface StateRow {
  /** Most operators have one, `state`; some have one for each side or window, and one for their watermark. */
  readonly table: string;
  /** Null for what the operator keeps for itself. */
  readonly key: Key | null;
  /** The state; where an operator keeps several figures of a key, an object with all of them. */
  readonly value: unknown;
}

export interface SkippedRecord {
  readonly source: string;
  /** Which of the records added to the source, counted from 0. */
  readonly record: number;
  readonly reason: string;
}

export interface DeadLetter {
  readonly source: string;
  /** Which of the records added to the source, counted from 0. */
  readonly record: number;
  /** `record_unreadable`, or `job_code_threw`. */
  readonly code: string;
  readonly reason: string;
  /** The record itself. */
  readonly text: string;
}

/**
 * A job in memory: the engine that runs it in production, with sources that records are added to, sinks that keep their
 * rows, and a clock that stands still until it is moved. Made by {@link testJob}.
 *
 * Calls that return a promise are awaited one by one. What fails, fails as in production: with an error that has a `code`
 * of the error catalogue.
 */
/** What is said about state that would be lost otherwise, as with a deployment. */
export interface TestUpgrade {
  /** The new uid of an operator by its old one. */
  readonly renames?: { readonly [from: string]: string };
  /** Operators that are gone, whose state may go too. */
  readonly drops?: readonly string[];
  /** Operators that start empty. */
  readonly resets?: readonly string[];
}

export interface TestJob {
  /** The clock, in milliseconds since the Unix epoch. */
  readonly nowMs: number;

  /**
   * Adds records for the next batch: values that are written as JSON (of a source of lines: strings), or one text with a
   * record on each line, exactly as a file would have it.
   */
  add(source: string, records: readonly unknown[] | string): void;

  /**
   * Runs one batch with all that was added, at the tick of the batch interval that the clock has come to. If a batch has
   * run at it already: at the next tick, to which the clock is moved.
   *
   * @returns what this batch wrote.
   */
  batch(): Promise<TestRows>;

  /** Moves the clock. Nothing runs meanwhile, as while a job is stopped: the next batch is then one late batch. */
  advance(by: Duration): void;
  /** Moves the clock, and runs a batch at every tick of the batch interval on the way. @returns what they wrote. */
  advance(by: Duration, options: { readonly batches: true }): Promise<TestRows>;

  /**
   * Adds a record whose timestamp is so late that windows in event time close, and runs a batch. The watermark only moves
   * by records, in a test as in production, so the job sees this one too: choose one that its output can be told from.
   */
  closeWindows(source: string, lateRecord: unknown): Promise<TestRows>;

  /** All that a sink has got since the beginning, each batch once, also after {@link crash}. */
  rows(sink: string): readonly unknown[];

  /** What an operator keeps, as a checkpoint holds it. Looking changes nothing. */
  state(uid: string): Promise<readonly StateRow[]>;

  /** What an operator has counted since the beginning: rows that came too late, for example. */
  counts(uid: string): { readonly [name: string]: number };

  /** Records that could not be read, of a job with `poison: 'skip'`: the first few of each batch. */
  readonly skipped: readonly SkippedRecord[];
  /** How many there were. */
  readonly skippedCount: number;

  /**
   * Records that were set aside, of a job with `poison: 'dead_letter'`: they could not be read, or the job's code threw at
   * them. Without those that {@link redrive} has brought through.
   */
  readonly deadLetters: readonly DeadLetter[];
  /** Has the next batch read all dead letters again, as after the job's code was mended: see {@link restart}. */
  redrive(): void;

  /** Writes a checkpoint: where {@link crash} goes back to. */
  checkpoint(): Promise<void>;

  /**
   * Stops with a checkpoint and goes on from it: with the same definition, or with another revision of the job, which
   * takes the state over as a deployment does (it evolves, is migrated, moves by `upgrade`), or is refused.
   */
  restart(definition?: JobDefinition, upgrade?: TestUpgrade): Promise<void>;

  /**
   * Dies, and goes on from the last checkpoint: batches since then run again for their state. Fails if one of them writes
   * other rows than it did before; then the job keeps something in variables, or asks something outside.
   */
  crash(): Promise<void>;
}
