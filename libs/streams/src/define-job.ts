import type { SourceSpec } from './connectors.js';
import type { BackPressureOptions, Downtime, JobDefinition, Poison } from './definition.js';
import { milliseconds, type Duration } from './duration.js';
import { Table } from './joins.js';
import { schemaPart, type Schema } from './schema.js';
import type { FieldOf } from './aggregates.js';
import type { Key } from './context.js';
import { GraphBuilder } from './graph-builder.js';
import { Stream } from './stream.js';

/** What a job is besides its graph. Exactly one of `batchInterval` and `trigger` says when its batches run. */
export type JobOptions = JobSettings &
  (
    | {
        /** At least 5 ms; short for `trigger: { every: … }`. */
        readonly batchInterval: Duration;
        readonly trigger?: never;
      }
    | { readonly trigger: JobTrigger; readonly batchInterval?: never }
  );

/**
 * When the next batch runs.
 *
 * - `{ every }`: on a grid of that interval, at least 5 ms
 * - `'asap'`: as soon as the last one is committed and there is data
 * - `'available-now'`: one after the other until all is done that was there when the run began; then the job is `finished`
 * - `'once'`: one batch; then the job is `finished`
 */
export type JobTrigger = { readonly every: Duration } | 'asap' | 'available-now' | 'once';

export interface JobSettings {
  /** Lower-case letters, digits and dashes; the job's name unless the submitter gives another. */
  readonly name: string;
  /** What happens to a record that cannot be read; `fail` unless said otherwise. */
  readonly poison?: Poison;
  /** Needs an interval. `coalesce` unless said otherwise. */
  readonly downtime?: Downtime;
  /** Holds batches to their interval by what they read; on unless it is false. Needs an interval. */
  readonly backPressure?: boolean | BackPressureOptions;
}

export interface JobBuilder {
  /** Begins a stream. `uid` names the source: its offsets are kept under it, whatever else changes. */
  source<T>(uid: string, source: SourceSpec<T>): Stream<T>;
  /**
   * The same with the form of its records declared: of each record, the job sees the declared members, in the schema's
   * order and with its defaults; one that does not fit is unreadable. Reading is several times faster.
   */
  source<T>(uid: string, source: SourceSpec<NoInfer<T>>, options: { readonly schema: Schema<T> }): Stream<T>;
  /** A table to look up in, from a source of its rows: the newest row of each key counts. `uid` names the source. */
  table<K extends Key, R>(uid: string, source: SourceSpec<R>, options: TableOptions<K, R>): Table<K, R>;
  /** The same with the key in a field. */
  table<R, F extends FieldOf<R, Key>>(
    uid: string,
    source: SourceSpec<R>,
    options: Omit<TableOptions<Key, R>, 'key'> & { readonly key: F },
  ): Table<R[F] & Key, R>;
}

export interface TableOptions<K extends Key, R> {
  /** What a row is found by: the name of a field, or a function of the row. */
  readonly key: (row: R) => K;
  /** The form of its rows, as of a source. */
  readonly schema?: Schema<R>;
  /** Says of a row that it takes its key out of the table. */
  readonly delete?: (row: R) => unknown;
}

/**
 * Describes a job: `build` declares sources, operators and sinks. A bundle's default export is what this returns.
 *
 * The job's code is replayed after a crash and must then do the same again. It has no I/O, its clock is the batch
 * time, and its random numbers are seeded by the batch; it must not keep anything in variables between calls.
 */
export function defineJob(options: JobOptions, build: (job: JobBuilder) => void): JobDefinition {
  const graph = new GraphBuilder();
  const job: JobBuilder = {
    source<T>(uid: string, { connector, options: settings }: SourceSpec<T>, more?: { readonly schema: Schema<T> }) {
      const schema = schemaPart(more?.schema);
      const node = { kind: 'source', uid, inputs: [], connector, options: settings, ...schema } as const;
      return new Stream<T>(graph, graph.add(node, job.source));
    },
    table<K extends Key, R>(uid: string, { connector, options: settings }: SourceSpec<R>, options: TableOptions<K, R>) {
      const schema = schemaPart(options.schema);
      const node = { kind: 'source', uid, inputs: [], connector, options: settings, ...schema } as const;
      const rows = new Stream<R>(graph, graph.add(node, job.table));
      return new Table<K, R>(rows.keyBy(options.key), options.delete);
    },
  };
  build(job);
  return {
    tidemark: 1,
    name: options.name,
    ...timing(options),
    poison: options.poison ?? 'fail',
    ...(options.downtime === undefined ? {} : { downtime: options.downtime }),
    ...(options.backPressure === undefined ? {} : { backPressure: options.backPressure }),
    nodes: graph.nodes,
  };
}

/** Writes down what was given, also where it is too much: two intervals are none, and the rest is judged later. */
function timing({ batchInterval, trigger }: JobOptions): Pick<JobDefinition, 'batchIntervalMs' | 'trigger'> {
  const isEvery = typeof trigger === 'object';
  const given: readonly Duration[] = [batchInterval, isEvery ? trigger.every : undefined].filter(
    (d) => d !== undefined,
  );
  const [interval, another] = given;
  return {
    ...(interval === undefined ? {} : { batchIntervalMs: another === undefined ? milliseconds(interval) : Number.NaN }),
    ...(trigger === undefined || isEvery ? {} : { trigger }),
  };
}
