import type { ColumnSpec } from '../../state/column.js';
import type { TenantFunction } from '../checked-definition.js';

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
  /** Indexes of the columns that are sums of the values: they round. */
  readonly sums?: readonly number[];
  /** Statements that take out what is kept in `from`, exact as long as no sum rounds; absent where that cannot be done. */
  readonly retract?: (outOf: Cells, from: Cells) => string;
  /** An expression of the figure. */
  result(cells: Cells, own: string): string;
  /** What is known of the result; a number unless said otherwise. */
  readonly resultType?: 'number' | 'json';
}

/** The job's own functions for one figure, by role. */
export type FigureFunctions = { readonly [role: string]: TenantFunction | undefined };
