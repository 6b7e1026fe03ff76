import type { ColumnSpec } from '../../state/state-table.js';
import type { TenantFunction } from '../checked-definition.js';
import { OBJECT_AGGREGATORS } from './object-aggregators.js';

/** One figure of an aggregate, as the definition names it. */
export interface AggregateSpec {
  readonly name: string;
  readonly kind: string;
  /** The member of the value that it is made from; absent where it is a function of the value, or needs none. */
  readonly field?: string;
  readonly [option: string]: unknown;
}

/** Elements of the aggregate's own columns, in order: expressions that can be assigned to. */
export interface Cells {
  (index: number): string;
  /** The table of the columns, the index of the first of them, and the row: expressions. */
  readonly table: string;
  readonly from: number;
  readonly id: string;
}

/** How one kind of figure is kept in columns and brought up to date, as generated code. */
export interface AggregatorKind {
  /** Whether it is made from a finite number of each value. */
  readonly takesNumber: boolean;
  /** Whether it is made from what `of` answers, whatever that is; without `of`, from the value. */
  readonly takesAny?: true;
  readonly columns: readonly Omit<ColumnSpec, 'name'>[];
  /** Roles of the functions that the job gives; one that ends in `?` may be absent. */
  readonly roles?: readonly string[];
  /** What is wrong with the options of a figure; undefined if nothing is. */
  readonly check?: (spec: AggregateSpec) => string | undefined;
  /** Options that state depends on, as a parameter of it. */
  readonly parameter?: (spec: AggregateSpec) => string;
  /** What the code of one figure works with; `own` is its name there. */
  readonly setUp?: (spec: AggregateSpec, functions: FigureFunctions) => unknown;
  /** Statements that add `v`. */
  add(cells: Cells, v: string, own: string): string;
  /** Statements that add what is kept in `from`, which came later. */
  merge(into: Cells, from: Cells, own: string): string;
  /** Statements that take out what is kept in `from`, exact for integers; absent where that cannot be done. */
  readonly retract?: (outOf: Cells, from: Cells) => string;
  /** An expression of the figure. */
  result(cells: Cells, own: string): string;
  /** What is known of the result; a number unless said otherwise. */
  readonly resultType?: 'number' | 'json';
}

/** The job's own functions for one figure, by role. */
export type FigureFunctions = { readonly [role: string]: TenantFunction | undefined };

const number = { type: 'f64' } as const;

const NUMBERS = {
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

/** The figures whose state is a few numbers, and those that keep an object for each key. */
const AGGREGATORS: { readonly [kind: string]: AggregatorKind } = { ...NUMBERS, ...OBJECT_AGGREGATORS };

export const aggregatorOf = (kind: string): AggregatorKind | undefined =>
  Object.hasOwn(AGGREGATORS, kind) ? AGGREGATORS[kind] : undefined;
