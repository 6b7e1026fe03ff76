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

/** The result of an `aggregate`, by the names of its figures. */
export type Aggregated<A> = { readonly [N in keyof A]: A[N] extends Aggregate<never, infer R> ? R : never };
