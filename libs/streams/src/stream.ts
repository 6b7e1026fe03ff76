import { aggregateParts, type Aggregate, type Aggregated, type FieldOf } from './aggregates.js';
import type { SinkSpec } from './connectors.js';
import {
  countWindowParts,
  type Aggregates,
  type CountWindowAggregateOptions,
  type CountWindowReduceOptions,
} from './count-windows.js';
import type { DefinitionNode, NodeKind } from './definition.js';
import { milliseconds, type Duration } from './duration.js';
import {
  mapWithStateParts,
  processParts,
  stateOptions,
  type Cells,
  type MapWithStateOptions,
  type ProcessOptions,
  type StateOptions,
  type UpdateStateOptions,
} from './keyed-state.js';
import { jsonSchemaOf, type Schema } from './schema.js';

/** What the job's code may know of the batch that it runs in. The same on every replay of the batch. */
export interface BatchContext {
  readonly batchId: number;
  /** Milliseconds since the Unix epoch; also what `Date.now()` answers. */
  readonly batchTimeMs: number;
}

/** Behind a window, the callbacks also see which window the row is of. It covers `windowStartMs < time ≤ windowEndMs`. */
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

export interface EventTimeOptions<T> {
  /** Milliseconds since the Unix epoch: the name of a field, or a function of the record. */
  readonly timestamp: FieldOf<T, number> | ((record: T) => number);
  /** How much older than the newest a record may be without being late. */
  readonly outOfOrderness: Duration;
  /** A stream without records for this long holds up no window of the streams that it is joined with. */
  readonly idleAfter?: Duration;
  /** A timestamp that is further ahead of the batch's time than this is counted, and does not move the watermark. */
  readonly aheadMax?: Duration;
}

export interface FoldOptions<S, V, C> extends StateOptions {
  /** The state of a key that has none: plain JSON, of which each key gets a copy. */
  readonly initial: S;
  readonly fold: (state: S, value: V, context: C) => S | undefined;
  /** What the state looks like. */
  readonly schema?: Schema<S>;
}

/** A stream of records. A record is read by everyone behind it, so code must not change one. Operators describe what shall happen; nothing runs until the job does. */
export class Stream<T, C extends BatchContext = BatchContext> {
  /** @internal */
  constructor(
    /** @internal */ readonly graph: GraphBuilder,
    /** @internal */ readonly id: number,
  ) {}

  map<U>(apply: (record: T, context: C) => U): Stream<U, C> {
    return new Stream(this.graph, this.next('map', this.map, { functions: { apply } }));
  }

  /** Keeps the records for which `apply` answers something true. */
  filter(apply: (record: T, context: C) => unknown): this {
    return this.same(this.next('filter', this.filter, { functions: { apply } }));
  }

  flatMap<U>(apply: (record: T, context: C) => Iterable<U>): Stream<U, C> {
    return new Stream(this.graph, this.next('flatMap', this.flatMap, { functions: { apply } }));
  }

  /**
   * Pairs each record with a key: the stream goes on as `[key, record]`. The name of a field is the faster form: a key
   * that stands in the input is then never made into a string.
   */
  keyBy<F extends FieldOf<T, Key>>(field: F): KeyedStream<T[F] & Key, T, C>;
  keyBy<K extends Key>(apply: (record: T, context: C) => K): KeyedStream<K, T, C>;
  keyBy(by: string | ((record: T, context: C) => Key)): unknown {
    const parts = typeof by === 'string' ? { options: { field: by } } : { functions: { apply: by } };
    return new KeyedStream(this.graph, this.next('keyBy', this.keyBy, parts));
  }

  /**
   * Says when the records happened, for windows and timers in event time. Keeps, under `uid`, how far time has come.
   *
   * The watermark is the newest timestamp of all batches so far, less `outOfOrderness`; it moves between batches only. A
   * record is late for a window that the watermark had passed before its batch.
   */
  eventTime(uid: string, options: EventTimeOptions<T>): this {
    const { timestamp } = options;
    const parts = {
      uid,
      options: {
        outOfOrdernessMs: milliseconds(options.outOfOrderness),
        ...(options.idleAfter === undefined ? {} : { idleAfterMs: milliseconds(options.idleAfter) }),
        ...(options.aheadMax === undefined ? {} : { aheadMaxMs: milliseconds(options.aheadMax) }),
        ...(typeof timestamp === 'string' ? { field: timestamp } : {}),
      },
      functions: typeof timestamp === 'string' ? {} : { timestamp },
    };
    return this.same(this.next('eventTime', this.eventTime, parts));
  }

  /** The records of both streams. */
  union(other: Stream<T, C>): this {
    return this.same(this.graph.add({ kind: 'union', inputs: [this.id, other.id] }, this.union));
  }

  /** At every slide, the records of the window that ends there, oldest first. Keeps them, under `uid`, as state. */
  window(uid: string, options: WindowOptions): Stream<T, WindowContext> {
    return new Stream(this.graph, this.next('window', this.window, { uid, options: windowParameters(options) }));
  }

  /**
   * At every slide, how many records the window that ends there has: one number, 0 where there were none. After a pause,
   * slides with empty windows are passed over, but for the last one. Keeps a count for each slide, under `uid`.
   */
  countByWindow(uid: string, options: WindowOptions): Stream<number, WindowContext> {
    const parts = { uid, options: windowParameters(options) };
    return new Stream(this.graph, this.next('countByWindow', this.countByWindow, parts));
  }

  /**
   * A side output of the operator that was called last: rows that it does not send on, for example those that came too
   * late. Which it has stands with the operator; those of a keyed one are `[key, value]`.
   */
  output<U = T>(tag: string): Stream<U, C> {
    return new Stream(this.graph, this.next('output', this.output, { options: { tag } }));
  }

  /** Sends every record, as JSON, to a sink. `uid` names what the sink holds already after a crash. */
  to(uid: string, sink: SinkSpec): void {
    const { connector, options } = sink;
    this.next('sink', this.to, { uid, connector, options });
  }

  /** @internal A stream of the same kind and type. */
  protected same(id: number): this {
    return new (this.constructor as new (graph: GraphBuilder, id: number) => this)(this.graph, id);
  }

  /** @internal */
  protected next(kind: NodeKind, declaredBy: Caller, parts: NodeParts): number {
    return this.graph.add({ kind, inputs: [this.id], ...parts }, declaredBy);
  }
}

/** A stream of `[key, value]`. */
export class KeyedStream<K extends Key, V, C extends BatchContext = BatchContext> extends Stream<readonly [K, V], C> {
  mapValues<W>(apply: (value: V, context: C) => W): KeyedStream<K, W, C> {
    return new KeyedStream(this.graph, this.next('mapValues', this.mapValues, { functions: { apply } }));
  }

  override window(uid: string, options: WindowOptions): KeyedStream<K, V, WindowContext> {
    return new KeyedStream(this.graph, this.next('window', this.window, { uid, options: windowParameters(options) }));
  }

  /** One value for each key of the batch (behind a window: of the window). Keeps nothing between batches. */
  reduceByKey(reduce: (a: V, b: V) => V): KeyedStream<K, V, C> {
    return new KeyedStream(this.graph, this.next('reduceByKey', this.reduceByKey, { functions: { reduce } }));
  }

  /**
   * Keeps a state for each key, under `uid`: `fold` is called for each value with the key's state, which it may change,
   * and answers the new one; undefined forgets the key. What the batch has touched goes on as `[key, state]` at its end.
   *
   * The primary form of keyed state. With a `schema` whose members are plain numbers and booleans, states lie in typed
   * columns instead of objects, which is smaller, faster, and cheaper to write down.
   */
  fold<S>(uid: string, options: FoldOptions<S, V, C>): KeyedStream<K, S, C> {
    const { initial, fold, schema } = options;
    const parts = {
      uid,
      options: { initial, ...stateOptions(options) },
      functions: { fold },
      ...(schema === undefined ? {} : { schema: jsonSchemaOf(schema) }),
    };
    return new KeyedStream(this.graph, this.next('fold', this.fold, parts));
  }

  /**
   * Figures of each key over all of its values, kept under `uid` in typed columns. What the batch has touched goes on as
   * `[key, { … }]` at its end.
   */
  aggregate<A extends { readonly [name: string]: Aggregate<V, unknown> }>(
    uid: string,
    aggregates: A,
    options: StateOptions = {},
  ): KeyedStream<K, Aggregated<A>, C> {
    const { options: figures, functions } = aggregateParts(aggregates);
    const parts = { uid, options: { ...figures, ...stateOptions(options) }, functions };
    return new KeyedStream(this.graph, this.next('aggregate', this.aggregate, parts));
  }

  /**
   * Keeps a state for each key, under `uid`. `update` is called once in a batch for every key that has values in it,
   * and what it returns is the key's new state and goes on as `[key, state]`; undefined forgets the key.
   *
   * State is plain JSON, of which a copy is kept: `update` may change the state that it is given.
   */
  updateStateByKey<S>(
    uid: string,
    update: (values: readonly V[], state: S | undefined, key: K, context: C) => S | undefined,
    options: UpdateStateOptions = {},
  ): KeyedStream<K, S, C> {
    const { visit } = options;
    const visited = visit === undefined ? {} : { visit };
    const parts = { uid, options: { ...stateOptions(options), ...visited }, functions: { update } };
    return new KeyedStream(this.graph, this.next('updateStateByKey', this.updateStateByKey, parts));
  }

  /**
   * Keeps a state for each key, under `uid`: `update` is called for every value in turn, with the key's state, which it may
   * read, change and remove; what it answers goes on at once. As Spark's operator of this name.
   */
  mapWithState<S, U>(uid: string, options: MapWithStateOptions<K, V, S, U, C>): KeyedStream<K, U, C> {
    const parts = { uid, ...mapWithStateParts(options) };
    return new KeyedStream(this.graph, this.next('mapWithState', this.mapWithState, parts));
  }

  /**
   * Code of your own for each record, with declared state and timers for each key, kept under `uid`, and side outputs.
   * What it emits goes on as `[key, row]`, at once and in order.
   */
  process<U, S extends Cells = Cells>(uid: string, options: ProcessOptions<K, V, U, S>): KeyedStream<K, U, C> {
    const parts = { uid, ...processParts(options) };
    return new KeyedStream(this.graph, this.next('process', this.process, parts));
  }

  /**
   * Whenever `slide` more values of a key have come, the result over its last `size` values (over fewer at the beginning);
   * it goes on at once, as `[key, result]`. Keeps, under `uid`, what a window is put together from.
   */
  countWindow(uid: string, options: CountWindowReduceOptions<V>): KeyedStream<K, V, C>;
  countWindow<A extends Aggregates<V>>(
    uid: string,
    options: CountWindowAggregateOptions<V, A>,
  ): KeyedStream<K, Aggregated<A>, C>;
  countWindow(uid: string, options: Parameters<typeof countWindowParts>[0]): unknown {
    const parts = { uid, ...countWindowParts(options) };
    return new KeyedStream(this.graph, this.next('countWindow', this.countWindow, parts));
  }

  /**
   * At every slide, one value for each key that has any in the window that ends there: all of them reduced.
   * Without `inverse` each window is reduced anew; with it, the previous result is carried on.
   */
  reduceByKeyAndWindow(uid: string, options: WindowReduceOptions<V>): KeyedStream<K, V, WindowContext> {
    const { reduce, inverse } = options;
    const functions = inverse === undefined ? { reduce } : { reduce, inverse };
    const parts = { uid, options: windowParameters(options), functions };
    return new KeyedStream(this.graph, this.next('reduceByKeyAndWindow', this.reduceByKeyAndWindow, parts));
  }
}

type Caller = (...args: never[]) => unknown;
type NodeParts = Partial<Pick<DefinitionNode, 'uid' | 'connector' | 'options' | 'functions' | 'schema'>>;

/** Collects the nodes of one definition, in the order of their declaration. */
export class GraphBuilder {
  readonly nodes: DefinitionNode[] = [];

  /** @param declaredBy the public method that the job's code called: its caller is the node's place. */
  add(node: Pick<DefinitionNode, 'kind' | 'inputs'> & NodeParts, declaredBy: Caller): number {
    const id = this.nodes.length;
    this.nodes.push({ options: {}, ...node, id, at: placeOfCall(declaredBy) });
    return id;
  }
}

function windowParameters({ window, slide }: WindowOptions): { windowMs: number; slideMs: number } {
  return { windowMs: milliseconds(window), slideMs: milliseconds(slide) };
}

function placeOfCall(declaredBy: Caller): string {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, declaredBy);
  for (const line of (holder.stack ?? '').split('\n')) {
    const [, place] = /^\s+at .*?([^\s()]+:\d+:\d+)\)?$/.exec(line) ?? [];
    if (place !== undefined) return place;
  }
  return 'unknown';
}
