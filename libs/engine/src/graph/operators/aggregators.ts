import type { ColumnSpec } from '../../state/state-table.js';

/** One figure of an aggregate, as the definition names it. */
export interface AggregateSpec {
  readonly name: string;
  readonly kind: string;
  /** The member of the value that it is made from; absent where it is a function of the value, or needs none. */
  readonly field?: string;
  readonly [option: string]: unknown;
}

/** Elements of the aggregate's own columns, in order: expressions that can be assigned to. */
export type Cells = (index: number) => string;

/** How one kind of figure is kept in columns and brought up to date, as generated code. */
export interface AggregatorKind {
  /** Whether it is made from a number of each value. */
  readonly takesNumber: boolean;
  readonly columns: readonly Omit<ColumnSpec, 'name'>[];
  /** Statements that add the number `v`. */
  add(cells: Cells, v: string): string;
  /** Statements that add what is kept in `from`. */
  merge(into: Cells, from: Cells): string;
  /** Statements that take out what is kept in `from`, exact for integers; absent where that cannot be done. */
  readonly retract?: (outOf: Cells, from: Cells) => string;
  /** An expression of the figure. */
  result(cells: Cells): string;
}

const number = { type: 'f64' } as const;

/** The figures whose state is a few numbers. */
export const AGGREGATORS = {
  count: {
    takesNumber: false,
    columns: [number],
    add: (c) => `${c(0)} += 1;`,
    merge: (c, from) => `${c(0)} += ${from(0)};`,
    retract: (c, from) => `${c(0)} -= ${from(0)};`,
    result: (c) => c(0),
  },
  sum: {
    takesNumber: true,
    columns: [number],
    add: (c, v) => `${c(0)} += ${v};`,
    merge: (c, from) => `${c(0)} += ${from(0)};`,
    retract: (c, from) => `${c(0)} -= ${from(0)};`,
    result: (c) => c(0),
  },
  min: {
    takesNumber: true,
    columns: [{ type: 'f64', initial: Infinity }],
    add: (c, v) => `if (${v} < ${c(0)}) ${c(0)} = ${v};`,
    merge: (c, from) => `if (${from(0)} < ${c(0)}) ${c(0)} = ${from(0)};`,
    result: (c) => c(0),
  },
  max: {
    takesNumber: true,
    columns: [{ type: 'f64', initial: -Infinity }],
    add: (c, v) => `if (${v} > ${c(0)}) ${c(0)} = ${v};`,
    merge: (c, from) => `if (${from(0)} > ${c(0)}) ${c(0)} = ${from(0)};`,
    result: (c) => c(0),
  },
  mean: {
    takesNumber: true,
    columns: [number, number],
    add: (c, v) => `${c(0)} += ${v}; ${c(1)} += 1;`,
    merge: (c, from) => `${c(0)} += ${from(0)}; ${c(1)} += ${from(1)};`,
    retract: (c, from) => `${c(0)} -= ${from(0)}; ${c(1)} -= ${from(1)};`,
    result: (c) => `(${c(0)} / ${c(1)})`,
  },
  // Welford, "Note on a method for calculating corrected sums of squares and products" (Technometrics 4, 1962); merging
  // after Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
  variance: {
    takesNumber: true,
    columns: [number, number, number],
    add: (c, v) =>
      `{ const d = ${v} - ${c(1)}; ${c(0)} += 1; ${c(1)} += d / ${c(0)}; ${c(2)} += d * (${v} - ${c(1)}); }`,
    merge: (c, from) =>
      `{ const n = ${c(0)} + ${from(0)}; const d = ${from(1)} - ${c(1)};
${c(2)} += ${from(2)} + d * d * ${c(0)} * ${from(0)} / n; ${c(1)} += d * ${from(0)} / n; ${c(0)} = n; }`,
    result: (c) => `(${c(2)} / ${c(0)})`,
  },
} as const satisfies { readonly [kind: string]: AggregatorKind };

export const aggregatorOf = (kind: string): AggregatorKind | undefined =>
  Object.hasOwn(AGGREGATORS, kind) ? AGGREGATORS[kind as keyof typeof AGGREGATORS] : undefined;
