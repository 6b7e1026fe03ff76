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
  /** Milliseconds; NaN if what was given is no duration. */
  readonly batchIntervalMs: number;
  readonly poison: Poison;
  readonly nodes: readonly DefinitionNode[];
}

/** What happens to a record that cannot be read: the job fails and names it, or it is counted and passed over. */
export type Poison = 'fail' | 'skip';

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
  /** JSON Schema (draft 2020-12) of a source's records, or of an operator's state. */
  readonly schema?: unknown;
  /** `file:line:column` of the running code where the node was declared; a source map leads on to the source. */
  readonly at: string;
}
