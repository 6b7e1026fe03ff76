import { aggregateParts, type Aggregate, type Aggregated, type FieldOf } from './aggregates.js';
import type { SinkSpec } from './connectors.js';
import {
  countWindowParts,
  type Aggregates,
  type CountWindowAggregateOptions,
  type CountWindowReduceOptions,
} from './count-windows.js';
import {
  windowParameters,
  type BatchContext,
  type Key,
  type WindowContext,
  type WindowOptions,
  type WindowReduceOptions,
} from './context.js';
import type { NodeKind } from './definition.js';
import { eventTimeParts, type EventTimeOptions } from './event-time.js';
import type { Caller, GraphBuilder, NodeParts } from './graph-builder.js';
import {
  cogroupParts,
  dedupeParts,
  joinParts,
  lookupParts,
  topParts,
  type BroadcastOptions,
  type CogroupOptions,
  type DedupeOptions,
  type IntervalJoinOptions,
  type JoinType,
  type LookupOptions,
  type Table,
  type TopOptions,
  type WindowJoinOptions,
} from './joins.js';
import {
  foldParts,
  mapWithStateParts,
  processParts,
  stateOptions,
  updateStateParts,
  type Cells,
  type FoldOptions,
  type MapWithStateOptions,
  type ProcessOptions,
  type StateOptions,
  type UpdateStateOptions,
} from './keyed-state.js';
import { schemaPart, type Schema } from './schema.js';
import {
  windowByParameters,
  type GlobalWindow,
  type TimeWindows,
  type Trigger,
  type WindowByOptions,
  type WindowFoldOptions,
} from './windows.js';

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
    return this.same(this.next('eventTime', this.eventTime, { uid, ...eventTimeParts(options) }));
  }

  /** What `apply` makes of all records of a batch together, in their order; behind a window: of each window. Keeps nothing. */
  transform<U>(apply: (records: readonly T[], context: C) => Iterable<U>): Stream<U, C> {
    return new Stream(this.graph, this.next('transform', this.transform, { functions: { apply } }));
  }

  /**
   * Parts the stream: a record goes to the first branch that answers something true. Those that no branch takes are
   * counted under `uid` as `unmatched`; `rest: () => true` as the last branch takes them all.
   */
  split<B extends { readonly [branch: string]: (record: T, context: C) => unknown }>(
    uid: string,
    branches: B,
  ): {
    readonly [N in keyof B]: B[N] extends ((record: T, ...more: never[]) => record is infer S extends T)
      ? Stream<S, C>
      : this;
  };
  split(uid: string, branches: { readonly [branch: string]: unknown }): unknown {
    const names = Object.keys(branches);
    const parts = { uid, options: { branches: names }, functions: { ...branches } };
    const id = this.next('split', this.split, parts);
    return Object.fromEntries(names.map((tag) => [tag, this.same(this.outputOf(id, tag, this.split))]));
  }

  /**
   * A side output of the operator that was called last: rows that it does not send on, for example those that came too
   * late. Which it has stands with the operator; those of a keyed one are `[key, value]`.
   */
  output<U = T>(tag: string): Stream<U, C> {
    return new Stream(this.graph, this.outputOf(this.id, tag, this.output));
  }

  /**
   * The first record of each kind goes on; those like it that come within a time are counted as `duplicates`, and go to
   * the output `duplicates`. Keeps, under `uid`, what it has seen, for `within`.
   *
   * In event time a record behind the watermark counts as `late`, and goes to the output `late`.
   */
  dedupe(uid: string, options: DedupeOptions<T, C>): this {
    return this.same(this.next('dedupe', this.dedupe, { uid, ...dedupeParts(options) }));
  }

  /**
   * Completes each record with the table's row of a key. The table is kept, under `uid`, as state. Rows of the table are
   * read before the other records of their batch: a record sees every row of its own batch.
   */
  lookup<K extends Key, R, U, J extends 'inner' | 'left' = 'left'>(
    uid: string,
    table: Table<K, R>,
    options: LookupOptions<T, K, R, U, J, C>,
  ): Stream<U, C> {
    const inputs = [this.id, table.rows.id];
    const parts = { uid, ...lookupParts(table, options) };
    return new Stream(this.graph, this.graph.add({ kind: 'lookup', inputs, ...parts }, this.lookup));
  }

  /**
   * Shows every record one state, which the rows of `side` make: thresholds or rules that may change, say. The state is
   * kept under `uid`. Side rows of a batch apply before its records, which go on at the batch's end.
   */
  withBroadcast<S, R, U>(uid: string, side: Stream<R, C>, options: BroadcastOptions<S, T, R, U, C>): Stream<U, C> {
    const { initial, update, apply } = options;
    const parts = { uid, inputs: [this.id, side.id], options: { initial }, functions: { update, apply } };
    return new Stream(this.graph, this.graph.add({ kind: 'broadcast', ...parts }, this.withBroadcast));
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
   * Windows in event time over all records together: as `windowBy` of one key, `true`. All of them pass through one row of
   * state, so a `keyBy` before it, where there is something to key by, is the faster form.
   */
  windowAll(
    windows: GlobalWindow,
    options: WindowByOptions & { readonly trigger: Trigger },
  ): WindowedStream<true, T, C, BatchContext>;
  windowAll(windows: TimeWindows, options?: WindowByOptions): WindowedStream<true, T, C, WindowContext>;
  windowAll(windows: GlobalWindow | TimeWindows, options: WindowByOptions = {}): unknown {
    const functions = { apply: () => true };
    const keyed = new KeyedStream<true, T, C>(this.graph, this.next('keyBy', this.windowAll, { functions }));
    return keyed.windowBy(windows as TimeWindows, options);
  }

  /**
   * At every slide, how many records the window that ends there has: one number, 0 where there were none. After a pause,
   * slides with empty windows are passed over, but for the last one. Keeps a count for each slide, under `uid`.
   */
  countByWindow(uid: string, options: WindowOptions): Stream<number, WindowContext> {
    const parts = { uid, options: windowParameters(options) };
    return new Stream(this.graph, this.next('countByWindow', this.countByWindow, parts));
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
  protected outputOf(id: number, tag: string, declaredBy: Caller): number {
    return this.graph.add({ kind: 'output', inputs: [id], options: { tag } }, declaredBy);
  }

  /** @internal */
  protected next(kind: NodeKind, declaredBy: Caller, parts: NodeParts): number {
    return this.graph.add({ kind, inputs: [this.id], ...parts }, declaredBy);
  }
}

/** A stream of `[key, value]`. */
export class KeyedStream<K extends Key, V, C extends BatchContext = BatchContext> extends Stream<readonly [K, V], C> {
  mapValues<W>(apply: (value: V, context: C) => W): KeyedStream<K, W, C>;
  /**
   * The same with the form of the values declared: the members that the schema declares go on, in its order and with its
   * defaults, and what stands behind is generated for them. A value that does not fit fails the job, and names the member.
   */
  mapValues<W>(
    apply: (value: V, context: C) => NoInfer<W>,
    options: { readonly schema: Schema<W> },
  ): KeyedStream<K, W, C>;
  mapValues<W>(apply: (value: V, context: C) => W, options?: { readonly schema: Schema<W> }): KeyedStream<K, W, C> {
    const parts = { functions: { apply }, ...schemaPart(options?.schema) };
    return new KeyedStream(this.graph, this.next('mapValues', this.mapValues, parts));
  }

  /** Any number of values for each value, under the same key. */
  flatMapValues<W>(apply: (value: V, context: C) => Iterable<W>): KeyedStream<K, W, C> {
    return new KeyedStream(this.graph, this.next('flatMapValues', this.flatMapValues, { functions: { apply } }));
  }

  /**
   * The first `n` values of each key by a number, over all of them; of equals, the one that came first. Keeps them under
   * `uid`. Lists that a batch has changed go on as `[key, values]` at its end.
   */
  topN(uid: string, n: number, options: TopOptions<V>): KeyedStream<K, readonly V[], C> {
    return new KeyedStream(this.graph, this.next('topN', this.topN, { uid, ...topParts(n, options) }));
  }

  /**
   * Pairs rows of two streams that have the same key, in event time; each pair goes on once, as `[key, row]`. Both streams
   * need `eventTime(…)` before; how far time has come is the lesser of the two. Keeps rows, under `uid`, until the watermark
   * says that no partner can come any more.
   *
   * A row that would not be kept any more is counted as `late`, and goes to the output `late-left` or `late-right`.
   *
   * - `within`: a pair goes on when its second row comes, at the later time of the two; a row without a partner when none
   *   can come any more.
   * - `window`: everything goes on when the window is over.
   */
  join<R, U, J extends JoinType = 'inner'>(
    uid: string,
    right: KeyedStream<K, R>,
    options: IntervalJoinOptions<K, V, R, U, J>,
  ): KeyedStream<K, U>;
  join<R, U, J extends JoinType = 'inner'>(
    uid: string,
    right: KeyedStream<K, R>,
    options: WindowJoinOptions<K, V, R, U, J>,
  ): KeyedStream<K, U, WindowContext>;
  join<R, U, J extends JoinType>(
    uid: string,
    right: KeyedStream<K, R>,
    options: IntervalJoinOptions<K, V, R, U, J> | WindowJoinOptions<K, V, R, U, J>,
  ): unknown {
    const kind = 'within' in options ? 'intervalJoin' : 'windowJoin';
    const node = { kind, uid, inputs: [this.id, right.id], ...joinParts(options) } as const;
    return new KeyedStream(this.graph, this.graph.add(node, this.join));
  }

  /**
   * What `apply` makes of all rows of a key and window, of both streams; one of the two lists may be empty. As for a `join`
   * with a `window`: when it goes on, what is late, what is kept.
   */
  cogroup<R, U>(
    uid: string,
    right: KeyedStream<K, R>,
    options: CogroupOptions,
    apply: (key: K, lefts: readonly V[], rights: readonly R[], context: WindowContext) => Iterable<U>,
  ): KeyedStream<K, U, WindowContext> {
    const node = { kind: 'cogroup', uid, inputs: [this.id, right.id], ...cogroupParts(options, apply) } as const;
    return new KeyedStream(this.graph, this.graph.add(node, this.cogroup));
  }

  override window(uid: string, options: WindowOptions): KeyedStream<K, V, WindowContext> {
    return new KeyedStream(this.graph, this.next('window', this.window, { uid, options: windowParameters(options) }));
  }

  /**
   * Cuts the stream into windows in event time, which takes an `eventTime(…)` before it (only the global window does not).
   * A record is late for a window if the watermark had passed the window's end by more than `allowedLateness` before the
   * record's batch began. What is late for all of its windows is counted as `late` and goes to `late()` of the result; what
   * is late for some of its sliding windows counts in the others, and is counted as `partlyLate`.
   */
  windowBy(
    windows: GlobalWindow,
    options: WindowByOptions & { readonly trigger: Trigger },
  ): WindowedStream<K, V, C, BatchContext>;
  windowBy(windows: TimeWindows, options?: WindowByOptions): WindowedStream<K, V, C, WindowContext>;
  windowBy(windows: GlobalWindow | TimeWindows, options: WindowByOptions = {}): unknown {
    const parameters = windowByParameters(windows, options);
    return new WindowedStream<K, V, C, BatchContext>((kind, declaredBy, parts) => {
      const all = { ...parts, options: { ...parameters, ...parts.options } };
      const id = this.next(kind, declaredBy, all);
      return new WindowResults(this.graph, id, id);
    });
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
    const parts = { uid, ...foldParts(options) };
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
    options: UpdateStateOptions<S> = {},
  ): KeyedStream<K, S, C> {
    const parts = { uid, ...updateStateParts(update, options) };
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

/** What windows give: `[key, result]`, and beside it the records that came too late for any of them. */
export class WindowResults<K extends Key, W, V, C extends BatchContext, R extends BatchContext> extends KeyedStream<
  K,
  W,
  R
> {
  /** @internal */
  constructor(
    graph: GraphBuilder,
    id: number,
    private readonly windowId: number,
  ) {
    super(graph, id);
  }

  /** The records that were late for all of their windows, as they came. */
  late(): KeyedStream<K, V, C> {
    const node = { kind: 'output', inputs: [this.windowId], options: { tag: 'late' } } as const;
    return new KeyedStream(this.graph, this.graph.add(node, this.late));
  }

  /** @internal What is kept of the results has the same late records. */
  protected override same(id: number): this {
    return new WindowResults(this.graph, id, this.windowId) as this;
  }
}

/** Adds the node of a window and answers the stream of its results. */
type AddWindow<K extends Key, V, C extends BatchContext, R extends BatchContext> = <W>(
  kind: NodeKind,
  declaredBy: (...args: never[]) => unknown,
  parts: NodeParts,
) => WindowResults<K, W, V, C, R>;

/**
 * A keyed stream cut into windows: what is made of the records of each key in each window. Results go on as `[key, result]`
 * when the watermark has passed the window's end, oldest window first; behind them, time is the window's last millisecond.
 */
export class WindowedStream<K extends Key, V, C extends BatchContext, R extends BatchContext> {
  /** @internal */
  constructor(private readonly add: AddWindow<K, V, C, R>) {}

  /** Figures of the values, kept under `uid` in typed columns. */
  aggregate<A extends { readonly [name: string]: Aggregate<V, unknown> }>(
    uid: string,
    aggregates: A,
  ): WindowResults<K, Aggregated<A>, V, C, R> {
    return this.add('windowAggregate', this.aggregate, { uid, ...aggregateParts(aggregates) });
  }

  /**
   * A state that `fold` is called with for each value, kept under `uid`. With a `schema`, plain numbers and booleans lie in
   * typed columns, as those of a keyed `fold` do.
   */
  fold<S>(uid: string, options: WindowFoldOptions<S, V, C>): WindowResults<K, S, V, C, R> {
    const { initial, fold, merge, schema } = options;
    return this.add('windowFold', this.fold, {
      uid,
      options: { initial },
      functions: merge === undefined ? { fold } : { fold, merge },
      ...schemaPart(schema),
    });
  }

  /** The values reduced to one, kept under `uid`. `reduce` is associative; it may change `a`, the earlier one. */
  reduce(uid: string, reduce: (a: V, b: V) => V): WindowResults<K, V, V, C, R> {
    return this.add('windowReduce', this.reduce, { uid, functions: { reduce } });
  }

  /**
   * All records of the window, kept under `uid` until then: `process` answers any number of results. They are in the order
   * in which they came; of sliding windows, those of one slide are; of a session that was two, the earlier ones come first.
   */
  process<W>(
    uid: string,
    process: (key: K, records: readonly V[], context: R) => Iterable<W>,
  ): WindowResults<K, W, V, C, R> {
    return this.add('windowProcess', this.process, { uid, functions: { process } });
  }
}
