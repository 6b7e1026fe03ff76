import { OWN_KEY, type OperatorState } from '../../../state/operator-state.js';
import type { ColumnSpec, StateTable } from '../../../state/state-table.js';
import type { PaneCode, Pane } from './pane-code.js';

export const POSITION_COLUMNS: readonly ColumnSpec[] = ['fromMs', 'toMs', 'nextFromMs', 'current'].map((name) => ({
  name,
  type: 'f64',
  initial: name === 'current' ? 0 : -Infinity,
}));

export const isTotalName = (name: string): boolean => name === 'total0' || name === 'total1';

/** A total of which this many keys are empty is made anew once they are more than half. */
const EMPTY_MIN = 64;

/**
 * The total of the panes from `fromMs` up to `toMs`: the result of a sliding window. State: tables `total0` and `total1`, and
 * `position`, which says how far they reach and which of them is current.
 *
 * Where figures can be taken out again, a slide adds the pane that enters and takes out the one that leaves. Taking out
 * does not undo the rounding of adding, so this would drift; beside the current total the **next** one therefore grows, which
 * holds the panes from `nextFromMs` on and had nothing taken out of it. Once the window begins there, it is exactly the
 * window's total and becomes the current one. So rounding lasts for one window length, and no slide costs more than three
 * passes over a pane. Totals are carried on, not made anew, so they are restored too and not made anew either.
 *
 * Where they cannot be taken out, the total is made anew from the panes at each slide. Its table then only keeps the order
 * in which keys came.
 *
 * Ids are the order of emission: no row of a total is removed, and a new table takes over the order of the old one, or of
 * the panes.
 */
export class PaneTotals {
  fromMs = -Infinity;
  toMs = -Infinity;
  private nextFromMs = -Infinity;
  private current = 0;

  constructor(
    private readonly code: PaneCode,
    private readonly state: OperatorState,
  ) {}

  get table(): StateTable {
    return this.state.table(`total${this.current}`);
  }

  /** The window begins at `fromMs` from now on. @param panes all, oldest first. */
  leaveUntil(fromMs: number, panes: readonly Pane[]): void {
    if (fromMs <= this.fromMs) return;
    if (this.code.canRetract) this.leave(fromMs, panes);
    this.fromMs = fromMs;
    this.toMs = Math.max(this.toMs, fromMs);
    this.store();
  }

  /** The window ends at `toMs` from now on. */
  enterUntil(toMs: number, panes: readonly Pane[]): void {
    const { canRetract } = this.code;
    const from = canRetract ? this.toMs : this.fromMs;
    for (const pane of between(panes, from, toMs)) {
      this.code.enter(pane, this.table, canRetract);
      if (canRetract) this.code.enter(pane, this.next, true);
    }
    this.toMs = toMs;
    this.store();
  }

  /** Rows that the window has, in the order of emission. */
  ids(): Int32Array {
    return this.code.heldIds(this.table);
  }

  /** Call when the window's rows have been emitted. @param ids of {@link ids}. */
  emitted(ids: Int32Array, panes: readonly Pane[]): void {
    if (this.code.canRetract) return;
    const { table } = this;
    table.resetAll();
    if (table.size - ids.length <= Math.max(EMPTY_MIN, ids.length)) return;
    this.turn();
    for (const id of ids) this.table.change(this.table.idOfOther(table, id));
    for (const { links } of panes) links.delete(table);
    this.store();
  }

  /** Adds a row that came for a pane which is in already. @param isNew whether the pane did not have its key. */
  addLate(pane: Pane, from: StateTable, id: number, isNew: boolean): void {
    if (pane.startMs >= this.toMs) return;
    if (pane.startMs >= this.fromMs) this.code.addRow(from, id, this.table, isNew);
    if (pane.startMs >= this.nextFromMs) this.code.addRow(from, id, this.next, isNew);
  }

  takeOver(): void {
    const table = this.state.table('position');
    const id = table.find(OWN_KEY);
    if (id < 0) return;
    [this.fromMs, this.toMs, this.nextFromMs, this.current] = [0, 1, 2, 3].map(
      (index) => table.f64(index)[id] ?? 0,
    ) as [number, number, number, number];
  }

  private get next(): StateTable {
    return this.state.table(`total${1 - this.current}`);
  }

  private leave(fromMs: number, panes: readonly Pane[]): void {
    if (fromMs < this.nextFromMs) {
      for (const pane of between(panes, this.fromMs, fromMs)) this.code.leave(pane, this.table);
      return;
    }
    const { table, next } = this;
    for (const { links } of panes) links.delete(table);
    this.turn();
    if (fromMs > this.nextFromMs) {
      // The window has moved by more than its length's worth of slides: nothing that was added up fits it.
      for (const { links } of panes) links.delete(next);
      this.state.drop(next.name);
      for (const pane of between(panes, fromMs, this.toMs)) this.code.enter(pane, this.table, true);
    }
    this.nextFromMs = Math.max(this.toMs, fromMs);
  }

  /** The next total becomes the current one, and an empty one the next. */
  private turn(): void {
    this.state.drop(this.table.name);
    this.current = 1 - this.current;
  }

  private store(): void {
    const table = this.state.table('position');
    const id = table.idOf(OWN_KEY);
    [this.fromMs, this.toMs, this.nextFromMs, this.current].forEach((value, index) => {
      table.f64(index)[id] = value;
    });
    table.change(id);
  }
}

/** Panes that begin at `fromMs` or later and before `toMs`, oldest first. */
export const between = (panes: readonly Pane[], fromMs: number, toMs: number): readonly Pane[] =>
  panes.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
