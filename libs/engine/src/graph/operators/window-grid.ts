import { OWN_KEY } from '../../state/operator-state.js';
import { setAt, type StateTable } from '../../state/state-table.js';

/**
 * Windows in processing time: a row's time is its batch's (behind another window: that window's end).
 *
 * Windows end at every multiple of `slideMs` since the Unix epoch; the one that ends at E covers times E − window < t ≤ E.
 * Rows are collected in **panes**, one for each slide: the pane that ends at P holds P − slide < t ≤ P, so each pane
 * lies in a window as a whole or not at all.
 *
 * The batch at T, after one at Tprev, emits the windows of every E with Tprev < E ≤ T, oldest first. After a pause these
 * are several; those in which no row is left emit nothing. Before the first batch, Tprev is one batch interval earlier.
 */
export interface WindowGrid {
  readonly windowMs: number;
  readonly slideMs: number;
}

export function paneEnd({ slideMs }: WindowGrid, timeMs: number): number {
  return Math.ceil(timeMs / slideMs) * slideMs;
}

/** The first window end after `timeMs`. */
export function nextWindowEnd({ slideMs }: WindowGrid, timeMs: number): number {
  return (Math.floor(timeMs / slideMs) + 1) * slideMs;
}

/** The last window end up to and including `timeMs`. */
export function lastWindowEnd({ slideMs }: WindowGrid, timeMs: number): number {
  return Math.floor(timeMs / slideMs) * slideMs;
}

/**
 * Visits the ends of the windows that a batch has to emit. `emitWindow` answers the end of the oldest pane that still
 * counts after it (Infinity for none): up to there no window has a row, so at most window ÷ slide ends are visited
 * however long the pause was.
 */
export function forEachWindowEnd(
  grid: WindowGrid,
  span: { readonly afterMs: number; readonly toMs: number },
  emitWindow: (windowEndMs: number) => number,
): void {
  let end = nextWindowEnd(grid, span.afterMs);
  while (end <= span.toMs) {
    const oldestPane = emitWindow(end);
    end = Math.max(end + grid.slideMs, oldestPane);
  }
}

/**
 * A window's state has one row beside those of its keys (panes): under the key null, which no record can have, the time of
 * the last batch that it saw. Without it a restored window could not know which ends it has emitted.
 */
export class SeenUntil {
  /** Undefined before the first batch. */
  ms: number | undefined;

  /** @param table its first column is JSON. */
  constructor(private readonly table: StateTable) {}

  set(batchTimeMs: number): void {
    this.ms = batchTimeMs;
    const id = this.table.idOf(OWN_KEY);
    setAt(this.table.json(0), id, { seenUntilMs: batchTimeMs });
    this.table.change(id);
  }

  afterRestore(): void {
    const id = this.table.find(OWN_KEY);
    if (id < 0) return;
    const { seenUntilMs } = this.table.json(0)[id] as { readonly seenUntilMs?: unknown };
    if (typeof seenUntilMs !== 'number') throw new TypeError('no seenUntilMs');
    this.ms = seenUntilMs;
  }
}
