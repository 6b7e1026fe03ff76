import { aggregateParts, type Aggregate, type Aggregated } from './aggregates.js';
import type { NodeKind } from './definition.js';
import type { BatchContext, Key, NodeParts, WindowResults } from './stream.js';
import type { WindowFoldOptions } from './windows.js';

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

  /** A state that `fold` is called with for each value, kept under `uid`. */
  fold<S>(uid: string, options: WindowFoldOptions<S, V, C>): WindowResults<K, S, V, C, R> {
    const { initial, fold, merge } = options;
    return this.add('windowFold', this.fold, {
      uid,
      options: { initial },
      functions: merge === undefined ? { fold } : { fold, merge },
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
