import { OWN_KEY, type OperatorState } from '../../../state/operator-state.js';
import type { ColumnSpec, StateTable } from '../../../state/state-table.js';
import type { PaneCode } from './pane-code.js';
import { between, type LateRow, type Pane } from './pane.js';
import type { PaneStacks } from './pane-stacks.js';

export const POSITION_COLUMNS: readonly ColumnSpec[] = ['fromMs', 'toMs', 'nextFromMs', 'current'].map((name) => ({
  name,
  type: 'f64',
  initial: name === 'current' ? 0 : -Infinity,
}));

export const isTotalName = (name: string): boolean => name === 'total0' || name === 'total1';

/** A total of which this many keys are empty is made anew once they are more than half. */
const EMPTY_MIN = 64;

/**
 * The total of the panes from `fromMs` up to `toMs`: the result of a sliding window. State: table `total0` or `total1`, and
 * `position`, which says how far it reaches and which of them it is.
 *
 * Where figures can be taken out again, a slide adds the pane that enters and takes out the one that leaves. Taking out
 * does not undo the rounding of adding, so this would drift; beside the total the **next** one therefore grows, in columns
 * of its own, which holds the panes from `nextFromMs` on and had nothing taken out of it. Once the window begins there, it
 * is the window's total and becomes the current one: rounding lasts for one window length, and no slide costs more than
 * three passes over a pane. Totals are carried on, so they are restored too and not made anew; but for those of keys with
 * sums so large that taking out would not give back what was there: see rough-totals.ts.
 *
 * Where they cannot be taken out, the total comes from two stacks, or, of what lies in no typed column, is made anew from
 * the panes at each slide. Its table then only keeps the order in which keys came.
 *
 * Ids are the order of emission: no row of a total is removed, and a table that is made anew takes over its order.
 */
export class PaneTotals {
  fromMs = -Infinity;
  toMs = -Infinity;
  private nextFromMs = -Infinity;
  private current = 0;

  constructor(
    private readonly code: PaneCode,
    private readonly state: OperatorState,
    private readonly stacks: PaneStacks | undefined,
  ) {}

  get table(): StateTable {
    return this.state.table(`total${this.current}`);
  }

  /** The window begins at `fromMs` from now on. @param panes all, oldest first. */
  leaveUntil(fromMs: number, panes: readonly Pane[]): void {
    if (fromMs <= this.fromMs) return;
    if (this.code.canRetract) {
      this.code.rough.lookAt(panes);
      this.leave(fromMs, panes);
    }
    this.fromMs = fromMs;
    this.toMs = Math.max(this.toMs, fromMs);
    this.store();
  }

  /** The window ends at `toMs` from now on. */
  enterUntil(toMs: number, panes: readonly Pane[]): void {
    const { code, stacks, fromMs, table } = this;
    if (stacks !== undefined) stacks.slide({ fromMs, toMs, panes, total: table });
    else {
      const entering = between(panes, code.canRetract ? this.toMs : fromMs, toMs);
      code.rough.lookAt(panes);
      for (const pane of entering) code.enter(pane, table, { toNext: true });
      code.rough.makeAnew(between(panes, fromMs, toMs), table, (pane) => {
        code.link(pane, table);
      });
    }
    this.toMs = toMs;
    this.store();
  }

  /** Rows that the window has, in the order of emission. */
  ids(): Int32Array {
    return this.code.heldIds(this.table);
  }

  /** Call when the window's rows have been emitted. @param ids of {@link ids}. */
  emitted(ids: Int32Array): void {
    if (this.code.canRetract) return;
    this.shrink(ids);
    this.table.resetAll();
  }

  /** Adds a row that came for a pane which is in already. */
  addLate(late: LateRow): void {
    const { startMs } = late.pane;
    if (startMs >= this.toMs) return;
    if (startMs >= this.fromMs) this.code.addLate(late, this.table, { isNext: false });
    if (startMs >= this.nextFromMs) this.code.addLate(late, this.table, { isNext: true });
  }

  /** Rows have come, and were added, for a pane that may be in already. */
  noteLate(pane: Pane): void {
    const { touched, touchedCount } = pane.table;
    if (touchedCount > 0) this.stacks?.noteLate(pane, touched.subarray(0, touchedCount));
  }

  /** Looks up the keys that came to a pane in this batch, so that its slide need not. */
  link(pane: Pane): void {
    if (pane.startMs >= this.toMs) this.code.link(pane, this.table);
  }

  afterRestore(): void {
    const table = this.state.table('position');
    const id = table.find(OWN_KEY);
    if (id < 0) return;
    const at = (index: number): number => table.f64(index)[id] ?? 0;
    [this.fromMs, this.toMs, this.nextFromMs, this.current] = [at(0), at(1), at(2), at(3)];
    if (this.code.canRetract) this.code.rough.collectFrom(this.table);
  }

  private leave(fromMs: number, panes: readonly Pane[]): void {
    if (fromMs < this.nextFromMs) {
      for (const pane of between(panes, this.fromMs, fromMs)) this.code.leave(pane, this.table);
      return;
    }
    this.code.turn(this.table);
    if (fromMs > this.nextFromMs) {
      // The window has moved past what the next total holds.
      this.code.turn(this.table);
      for (const pane of between(panes, fromMs, this.toMs)) this.code.enter(pane, this.table, { toNext: false });
    }
    this.nextFromMs = Math.max(this.toMs, fromMs);
    this.shrink(this.ids());
  }

  /** Lets go of the keys that nothing is left of, once they are many. */
  private shrink(ids: Int32Array): void {
    const { table } = this;
    if (table.size - ids.length <= Math.max(EMPTY_MIN, ids.length)) return;
    this.current = 1 - this.current;
    this.code.copy(table, ids, this.table);
    this.state.drop(table.name);
    this.store();
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
