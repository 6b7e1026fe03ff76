import type { StateTable } from '../../../state/state-table.js';

/** Rows of one slide. No row is ever removed from a pane, so its ids are 0 to size − 1. */
export interface Pane {
  readonly startMs: number;
  readonly table: StateTable;
  /** The row of each row here in the total `linkedTo`; shorter than the table where keys have come since it was made. */
  links: Int32Array;
  linkedTo: StateTable | undefined;
  /** How large a sum in it is at most; undefined if rows have come since that was looked up. See rough-totals.ts. */
  peak: number | undefined;
}

/** A row that came for a pane which a total has already. */
export interface LateRow {
  /** What came in this batch. */
  readonly from: StateTable;
  readonly id: number;
  /** Has it already: in its row `row`, which `isNew` if the pane did not have the key before. */
  readonly pane: Pane;
  readonly row: number;
  readonly isNew: boolean;
}

/** Panes that begin at `fromMs` or later and before `toMs`, oldest first. */
export const between = (panes: readonly Pane[], fromMs: number, toMs: number): readonly Pane[] =>
  panes.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
