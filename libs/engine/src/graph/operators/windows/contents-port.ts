import type { RowCode } from '../../../fuse/row-code.js';
import type { ColumnSpec, StateTable } from '../../../state/state-table.js';

/** What is kept of the rows of a key in a window, and what is made of it; as generated code. */
export interface Contents {
  readonly columns: readonly ColumnSpec[];
  /** Statements that add a row to what lies at `id` of `table`. */
  add(row: RowCode, table: string, id: string): string;
  /** Statements that add what lies at `other` of `from`, which is later than what lies at `id` of `table`. */
  merge(table: string, id: string, from: string, other: string): string;
  /** Statements that take what lies at `other` of `from` out again; undefined if that cannot be done. */
  retract(table: string, id: string, from: string, other: string): string | undefined;
  /** Indexes of the columns that are sums, which taking out gives back only as long as they do not round; none unless given. */
  readonly sums?: readonly number[];
  /**
   * Statements that hand on the results at `id` of `table`; `then` makes those that do it for one. `isLast`, an expression,
   * says that nothing is done with the row any more, so that what lies there may be given away.
   */
  emit(at: { readonly table: string; readonly id: string; readonly isLast: string }, then: ThenEmit): string;
  /** An expression of all that {@link emitTaken} needs, taken out of the row, which may change after that. */
  take(table: string, id: string): string;
  emitTaken(taken: { readonly value: string; readonly key: string }, then: ThenEmit): string;
  /** Call at the end of a batch, before anything is emitted, for each table with touched rows. */
  settle(table: StateTable): void;
  /** How many rows count towards the bound. */
  rowsOf(table: StateTable): number;
  /** Call before a row is removed or begins anew, unless its whole table goes. */
  leave(table: StateTable, id: number): void;
}

export type ThenEmit = (value: RowCode['value']) => string;
