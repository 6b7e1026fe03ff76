/**
 * What a bundle exports: a plain description of a job's graph, **format version 1**.
 *
 * ```
 * { tidemark: 1, name: 'word-count', batchIntervalMs: 500, poison: 'fail', nodes: [
 *   { id: 0, kind: 'source', uid: 'lines', inputs: [], connector: 'socket', options: { host, port, format: 'text' }, at },
 *   { id: 1, kind: 'flatMap', inputs: [0], options: {}, functions: { apply }, at },
 *   { id: 2, kind: 'updateStateByKey', uid: 'counts', inputs: [1], options: {}, functions: { update }, at },
 *   { id: 3, kind: 'sink', uid: 'out', inputs: [2], connector: 'files', options: { path }, at } ] }
 * ```
 *
 * The builder writes what it is told, also when it makes no sense: a definition is judged in one place, where it is
 * compiled, so that one made by hand is held to the same rules.
 */
export interface JobDefinition {
  readonly tidemark: 1;
  readonly name: string;
  /** Milliseconds; NaN if what was given is no duration, absent if nothing was. */
  readonly batchIntervalMs?: number;
  /** Absent where there is a batch interval. */
  readonly trigger?: 'asap' | 'available-now' | 'once';
  /** `coalesce` if absent. */
  readonly downtime?: Downtime;
  /** True if absent. */
  readonly backPressure?: boolean | BackPressureOptions;
  readonly poison: Poison;
  readonly nodes: readonly DefinitionNode[];
}

/**
 * What becomes of the intervals that passed while the job was not running: they fall together into one batch, each gets
 * its own, or their input is passed over (recorded, and told in the event `downtime.skipped`).
 */
export type Downtime = 'coalesce' | 'each' | 'skip';

/** Weights of the rate estimator that holds batches to their interval. */
export interface BackPressureOptions {
  /** Weight of the difference between the present rate and the one that the last batch was worked off at; 1. */
  readonly proportional?: number;
  /** Weight of what has piled up, as the delay of the last batch; 0.2. */
  readonly integral?: number;
  /** Weight of the change of that difference; 0. */
  readonly derivative?: number;
  /** The rate never goes below; 16,384. */
  readonly bytesPerSecondMin?: number;
}

/**
 * What happens to a record that cannot be read: the job fails and names it, it is counted and passed over, or it is set aside
 * with its error and its bytes, to be read again later. `dead_letter` sets aside records at which the job's code throws, too.
 */
export type Poison = 'fail' | 'skip' | 'dead_letter';

export type NodeKind =
  | 'source'
  | 'map'
  | 'filter'
  | 'flatMap'
  | 'keyBy'
  | 'mapValues'
  | 'union'
  | 'output'
  | 'reduceByKey'
  | 'fold'
  | 'aggregate'
  | 'updateStateByKey'
  | 'mapWithState'
  | 'process'
  | 'countWindow'
  | 'countByWindow'
  | 'reduceByKeyAndWindow'
  | 'window'
  | 'eventTime'
  | 'flatMapValues'
  | 'transform'
  | 'split'
  | 'intervalJoin'
  | 'windowJoin'
  | 'cogroup'
  | 'lookup'
  | 'broadcast'
  | 'dedupe'
  | 'topN'
  | 'windowAggregate'
  | 'windowFold'
  | 'windowReduce'
  | 'windowProcess'
  | 'sink';

export interface DefinitionNode {
  readonly id: number;
  readonly kind: NodeKind;
  /** Present on sources, operators that keep state, and sinks: what state and offsets are bound to. */
  readonly uid?: string;
  readonly inputs: readonly number[];
  /** Present on sources and sinks. */
  readonly connector?: string;
  /** Plain JSON: a connector's options, or `windowMs` and `slideMs` of a window. */
  readonly options: { readonly [name: string]: unknown };
  /** The job's own code, by role: `apply`, `reduce`, `inverse`, `update`. */
  readonly functions?: { readonly [role: string]: unknown };
  /** JSON Schema (draft 2020-12) of a source's records, of the values that mapValues makes, or of an operator's state. */
  readonly schema?: unknown;
  /** `file:line:column` of the running code where the node was declared; a source map leads on to the source. */
  readonly at: string;
}
