/** The names of those members of `V` that are of type `M`. */
export type FieldOf<V, M> = { [F in keyof V & string]: V[F] extends M ? F : never }[keyof V & string];

/** One figure of an `aggregate`: how it is made from the values `V` of a key. */
export interface Aggregate<V, R> {
  readonly kind: string;
  /** The member of the value that it is made from, or a function of the value; absent where it is not needed. */
  readonly of?: string | ((value: V) => unknown);
  readonly options?: { readonly [name: string]: unknown };
  readonly functions?: { readonly [role: string]: unknown };
  /** Carries the type of the figure; never set. */
  readonly result?: R;
}

type NumberOf<V> = FieldOf<V, number> | ((value: V) => number);

/** How many values there were. */
export const count = (): Aggregate<unknown, number> => ({ kind: 'count' });

export const sum = <V>(of: NumberOf<V>): Aggregate<V, number> => ({ kind: 'sum', of });

export const min = <V>(of: NumberOf<V>): Aggregate<V, number> => ({ kind: 'min', of });

export const max = <V>(of: NumberOf<V>): Aggregate<V, number> => ({ kind: 'max', of });

export const mean = <V>(of: NumberOf<V>): Aggregate<V, number> => ({ kind: 'mean', of });

/** The population variance, by Welford's method. */
export const variance = <V>(of: NumberOf<V>): Aggregate<V, number> => ({ kind: 'variance', of });

/** What a figure is made from where any plain JSON will do: a field, a function, or the value itself. */
type AnyOf<V, R> = FieldOf<V, R> | ((value: V) => R);

/**
 * About how many different values there were, told apart by their JSON texts: HyperLogLog, with a standard error of
 * 1.04 ÷ √(2^precision). `precision` is 4 to 16; 12 unless given: 1.6 %, in at most 4 KiB for each key.
 */
export const approxDistinct = <V>(
  of: AnyOf<V, unknown>,
  options: { readonly precision?: number } = {},
): Aggregate<V, number> => ({ kind: 'approxDistinct', of, options });

/** One of the most frequent values: it came at most `count` times, and at least `count - error` times. */
export interface Frequent<R> {
  readonly value: R;
  readonly count: number;
  readonly error: number;
}

/**
 * The `k` most frequent values, by the Space-Saving algorithm: counts are exact while there are no more different values
 * than `counters` (10 × k, but at least 100 and at most 1,000, unless given); otherwise too high by at most the number of
 * values ÷ counters, and every value that is more frequent than that is among the counters.
 */
export const topK = <V, R = unknown>(
  k: number,
  of: AnyOf<V, R>,
  options: { readonly counters?: number } = {},
): Aggregate<V, readonly Frequent<R>[]> => ({ kind: 'topK', of, options: { k, ...options } });

/** The value that came first, plain JSON; null where there was none. */
export const first = <V, R = V>(of?: AnyOf<V, R>): Aggregate<V, R> => ofAny('first', of);

/** The value that came last, plain JSON; null where there was none. */
export const last = <V, R = V>(of?: AnyOf<V, R>): Aggregate<V, R> => ofAny('last', of);

/** All values, as they came, plain JSON. A key that would have more than `max`, which is up to 100,000, fails the job. */
export const collect = <V, R = V>(options: {
  readonly max: number;
  readonly of?: AnyOf<V, R>;
}): Aggregate<V, readonly R[]> => ofAny('collect', options.of, { max: options.max });

export interface CustomAggregate<V, S, R> {
  /** What a key begins with; merged with anything it must change nothing. Plain JSON, as is all that `add` and `merge` give. */
  readonly create: () => S;
  /** May change `state`. */
  readonly add: (state: S, value: V) => S;
  /** Puts two parts together, of which `later` came later; needed where windows overlap. May change `state`. */
  readonly merge?: (state: S, later: S) => S;
  /** The figure; the state itself unless given. */
  readonly result?: (state: S) => R;
}

/** A figure of your own. */
export const custom = <V, S, R = S>(functions: CustomAggregate<V, S, R>): Aggregate<V, R> => ({
  kind: 'custom',
  functions: { ...functions },
});

function ofAny<V, R>(
  kind: string,
  of: string | ((value: V) => unknown) | undefined,
  options: { readonly [name: string]: unknown } = {},
): Aggregate<V, R> {
  return { kind, ...(of === undefined ? {} : { of }), options };
}

/** The result of an `aggregate`, by the names of its figures. */
export type Aggregated<A> = { readonly [N in keyof A]: A[N] extends Aggregate<never, infer R> ? R : never };

/** @internal The options and functions of a node that aggregates. */
export function aggregateParts(aggregates: { readonly [name: string]: Aggregate<never, unknown> }): {
  readonly options: { readonly aggregates: readonly unknown[] };
  readonly functions: { readonly [role: string]: unknown };
} {
  const functions: { [role: string]: unknown } = {};
  const described = Object.entries(aggregates).map(([name, { kind, of, options, functions: own = {} }]) => {
    if (typeof of === 'function') functions[`${name}.of`] = of;
    for (const [role, fn] of Object.entries(own)) functions[`${name}.${role}`] = fn;
    return { name, kind, ...(typeof of === 'string' ? { field: of } : {}), ...options };
  });
  return { options: { aggregates: described }, functions };
}
