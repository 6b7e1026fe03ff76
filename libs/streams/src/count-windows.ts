import { aggregateParts, type Aggregate } from './aggregates.js';
import { stateOptions, type StateOptions } from './keyed-state.js';

interface CountWindowSize extends StateOptions {
  /** How many values a window has; up to 100 times the slide. */
  readonly size: number;
  /** After so many values a key gives a result; as many as a window has unless given. */
  readonly slide?: number;
}

export interface CountWindowReduceOptions<V> extends CountWindowSize {
  readonly reduce: (a: V, b: V) => V;
}

export interface CountWindowAggregateOptions<V, A extends Aggregates<V>> extends CountWindowSize {
  readonly aggregate: A;
}

export type Aggregates<V> = { readonly [name: string]: Aggregate<V, unknown> };

/** @internal */
export function countWindowParts(
  options: CountWindowSize & { readonly reduce?: unknown; readonly aggregate?: Aggregates<never> },
): {
  readonly options: { readonly [name: string]: unknown };
  readonly functions: { readonly [role: string]: unknown };
} {
  const { size, slide = size, reduce, aggregate } = options;
  const figures = aggregate ?? { value: { kind: 'reduce', functions: { reduce } } };
  const parts = aggregateParts(figures);
  const whole = aggregate === undefined ? { whole: true } : {};
  return { options: { size, slide, ...whole, ...parts.options, ...stateOptions(options) }, functions: parts.functions };
}
