import type { GeneratedFunction } from '../../../fuse/generated-code.js';
import { idOfKey } from '../../../fuse/keyed-code.js';
import { EMIT_PARAMS, emittedRow, keyOf, type Emit, type RowCode } from '../../../fuse/row-code.js';
import { OperatorState } from '../../../state/operator-state.js';
import { StateTable, type ColumnSpec } from '../../../state/state-table.js';
import type { BatchEnd, Operator, OperatorParts } from '../../operator.js';
import { PaneCode } from './pane-code.js';
import { between, type Pane } from './pane.js';
import { PaneStacks } from './pane-stacks.js';
import { isTotalName, PaneTotals, POSITION_COLUMNS } from './pane-totals.js';
import { commonColumns, dueColumn, RESERVED_MAX, timeLocal, TriggerClock, WindowParts } from './window-parts.js';

interface Grid {
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
}

/**
 * Sliding windows, by **panes** of one slide: a pane lies in a window as a whole or not at all. State: a table for each pane,
 * `p` with its start in milliseconds, with the columns of the contents and {@link dueColumn}; and {@link PaneTotals}.
 *
 * A row that comes for a pane that is in a total already waits in a table of its own until the end of the batch.
 */
export class SlidingWindows implements Operator {
  readonly state: OperatorState;
  readonly inline: (row: RowCode) => string;
  /** Bounds of the pane of the last row; NaN before the first of a batch. Read by generated code. */
  fromMs = Number.NaN;
  toMs = Number.NaN;
  /** Whether all windows of that pane are over for good, or some. */
  isLate = false;
  isPartlyLate = false;
  table: StateTable | undefined;
  private readonly shared: WindowParts;
  private readonly grid: Grid;
  private readonly columns: readonly ColumnSpec[];
  private readonly due: number;
  private readonly code: PaneCode;
  private readonly totals: PaneTotals;
  private readonly clock: TriggerClock;
  private readonly panes = new Map<number, Pane>();
  /** Rows of this batch for panes that are in a total, by the start of the pane. */
  private readonly late = new Map<number, StateTable>();
  private readonly pushed: GeneratedFunction<Emit>;
  /** Rows of the pane that went last: the next one makes room for as many at once. */
  private rowsBefore = 0;

  constructor(private readonly parts: OperatorParts) {
    const shared = new WindowParts(parts);
    this.shared = shared;
    this.grid = shared.settings.windows as unknown as Grid;
    const { contents } = shared;
    this.columns = [...contents.columns, dueColumn];
    this.due = contents.columns.length;
    const code = new PaneCode(parts, contents);
    this.code = code;
    const columnsOf = (name: string): readonly ColumnSpec[] | undefined => {
      if (isPaneName(name)) return this.columns;
      if (isTotalName(name)) return code.columns;
      return name === 'position' ? POSITION_COLUMNS : commonColumns(name);
    };
    this.state = new OperatorState(parts.node.uid ?? '', columnsOf, () => {
      this.afterRestore();
    });
    const stacks = code.canStack ? new PaneStacks(parts, contents, code, this.grid) : undefined;
    this.totals = new PaneTotals(code, this.state, stacks);
    this.clock = new TriggerClock(shared.settings.trigger, this.state);
    parts.watermark?.keepIn(this.state);
    this.inline = (row) => this.rowCode(row);
    this.pushed = parts.code.add<Emit>(EMIT_PARAMS, () => this.rowCode(emittedRow(true)));
  }

  push(value: unknown, key: unknown, timeMs: number, context: Parameters<Emit>[3]): void {
    this.pushed.run(value, key, timeMs, context);
  }

  takeCounts(): Readonly<Record<string, number>> {
    return this.shared.counts.take();
  }

  /** Makes the pane of this time the current one. Called by generated code. @param key of the row. */
  enter(timeMs: number, key: unknown): void {
    const { sizeMs, slideMs, offsetMs } = this.grid;
    const { allowedLatenessMs } = this.shared.settings;
    const { beforeMs } = this;
    this.fromMs = Math.floor((timeMs - offsetMs) / slideMs) * slideMs + offsetMs;
    this.toMs = this.fromMs + slideMs;
    this.isLate = this.fromMs + sizeMs + allowedLatenessMs <= beforeMs;
    this.isPartlyLate = this.toMs + allowedLatenessMs <= beforeMs;
    if (this.isLate) return;
    const isIn = this.code.canRetract && this.fromMs < this.totals.toMs;
    this.table = isIn ? this.lateTable(this.fromMs) : this.pane(this.fromMs, key).table;
  }

  endBatch(batch: BatchEnd): void {
    const { where, node } = this.parts;
    where.operator = node;
    this.fromMs = this.toMs = Number.NaN;
    this.takeLate();
    this.settle();
    const panes = [...this.panes.values()].sort((a, b) => a.startMs - b.startMs);
    const touched = (pane: Pane): Int32Array => pane.table.touched.subarray(0, pane.table.touchedCount);
    const { allowedLatenessMs, trigger } = this.shared.settings;
    if (allowedLatenessMs > 0) {
      this.emitParts(batch, panes, {
        afterMs: this.beforeMs - allowedLatenessMs,
        toMs: this.beforeMs,
        picked: touched,
      });
    }
    this.emitEnded(batch, panes);
    const isDue = this.clock.isDue(batch.context.batchTimeMs);
    const early = { afterMs: this.parts.watermark?.ms ?? -Infinity, toMs: Infinity };
    if (trigger?.kind === 'everyBatch') this.emitParts(batch, panes, { ...early, picked: touched });
    if (isDue) {
      this.emitParts(batch, panes, { ...early, picked: (pane) => this.idsDue(pane) });
      for (const pane of panes) this.settleDue(pane);
    }
    for (const pane of panes) {
      if (this.isOver(pane)) this.forget(pane);
      else {
        this.totals.link(pane);
        pane.table.untouch();
      }
    }
  }

  /** The watermark as the batch began. */
  private get beforeMs(): number {
    return this.parts.watermark?.beforeMs ?? -Infinity;
  }

  /** Windows that the watermark has passed in this batch, oldest first. */
  private emitEnded(batch: BatchEnd, panes: readonly Pane[]): void {
    const { totals } = this;
    const { sizeMs, slideMs } = this.grid;
    const toMs = this.parts.watermark?.ms ?? -Infinity;
    if (toMs <= this.beforeMs) return;
    let endMs = this.endAfter(this.beforeMs);
    for (;;) {
      const oldest = panes.find(({ startMs }) => startMs + sizeMs >= endMs);
      if (oldest === undefined) break;
      endMs = Math.max(endMs, oldest.startMs + slideMs);
      if (endMs > toMs) break;
      totals.leaveUntil(endMs - sizeMs, panes);
      totals.enterUntil(endMs, panes);
      const ids = totals.ids();
      const context = batch.windowContext(endMs - sizeMs, endMs);
      this.shared.emitIds.run(totals.table, ids, ids.length, false, endMs - 1, context);
      totals.emitted(ids);
      endMs += slideMs;
    }
    // Panes go when their last window has ended: no total may need them after that.
    totals.leaveUntil(this.endAfter(toMs) - sizeMs, panes);
  }

  /** Windows that end after `afterMs` and up to `toMs`, for the keys that are picked from their panes. */
  private emitParts(
    batch: BatchEnd,
    panes: readonly Pane[],
    some: { readonly afterMs: number; readonly toMs: number; readonly picked: (pane: Pane) => Int32Array },
  ): void {
    const { sizeMs, slideMs } = this.grid;
    const ends = new Set<number>();
    for (const pane of panes) {
      if (some.picked(pane).length === 0) continue;
      const last = Math.min(some.toMs, pane.startMs + sizeMs);
      for (let endMs = Math.max(pane.startMs + slideMs, this.endAfter(some.afterMs)); endMs <= last; endMs += slideMs) {
        ends.add(endMs);
      }
    }
    for (const endMs of [...ends].sort((a, b) => a - b)) {
      const inWindow = between(panes, endMs - sizeMs, endMs);
      const table = new StateTable('part', this.shared.contents.columns);
      for (const pane of inWindow) for (const id of some.picked(pane)) table.idOfOther(pane.table, id);
      for (const pane of inWindow) this.code.addFound(pane, table);
      const ids = Int32Array.from(table.ids());
      const context = batch.windowContext(endMs - sizeMs, endMs);
      this.shared.emitIds.run(table, ids, ids.length, false, endMs - 1, context);
    }
  }

  private takeLate(): void {
    for (const [startMs, late] of [...this.late].sort(([a], [b]) => a - b)) {
      const pane = this.pane(startMs, late.size > 0 ? late.keys.key(0) : null);
      for (let id = 0; id < late.size; id += 1) {
        const known = pane.table.size;
        const to = pane.table.idOfOther(late, id);
        this.code.mergeRow(late, id, pane.table, to);
        pane.table.f64(this.due)[to] = 1;
        pane.table.touch(to);
        this.totals.addLate({ from: late, id, pane, row: to, isNew: to >= known });
      }
    }
    this.late.clear();
  }

  private settle(): void {
    let rows = 0;
    let last: StateTable | undefined;
    for (const pane of this.panes.values()) {
      const { table } = pane;
      rows += this.shared.contents.rowsOf(table);
      if (table.touchedCount === 0) continue;
      last = table;
      pane.peak = undefined;
      this.shared.contents.settle(table);
      this.totals.noteLate(pane);
    }
    this.shared.checkRows(rows, last);
  }

  private idsDue({ table }: Pane): Int32Array {
    const due = table.f64(this.due);
    return Int32Array.from(table.ids()).filter((id) => (due[id] ?? 0) >= 0);
  }

  private settleDue(pane: Pane): void {
    for (const id of this.idsDue(pane)) {
      pane.table.f64(this.due)[id] = -1;
      pane.table.change(id);
    }
  }

  private endAfter(timeMs: number): number {
    const { slideMs, offsetMs } = this.grid;
    return Math.floor((timeMs - offsetMs) / slideMs) * slideMs + offsetMs + slideMs;
  }

  private isOver({ startMs }: Pane): boolean {
    const { allowedLatenessMs } = this.shared.settings;
    return startMs + this.grid.sizeMs + allowedLatenessMs <= (this.parts.watermark?.ms ?? -Infinity);
  }

  private pane(startMs: number, key: unknown): Pane {
    const held = this.panes.get(startMs);
    if (held !== undefined) return held;
    this.shared.checkWindows(this.panes.size + 1, () => JSON.stringify(key));
    const table = this.state.table(`p${startMs}`);
    const pane: Pane = { startMs, table, links: NO_LINKS, linkedTo: undefined, peak: undefined };
    pane.table.reserve(Math.min(this.rowsBefore, RESERVED_MAX));
    this.panes.set(startMs, pane);
    return pane;
  }

  private lateTable(startMs: number): StateTable {
    const held = this.late.get(startMs);
    if (held !== undefined) return held;
    const made = new StateTable('late', this.columns);
    this.late.set(startMs, made);
    return made;
  }

  private forget({ startMs, table }: Pane): void {
    this.rowsBefore = table.size;
    this.panes.delete(startMs);
    this.state.drop(`p${startMs}`);
  }

  private afterRestore(): void {
    this.panes.clear();
    for (const name of this.state.names().filter(isPaneName)) this.pane(Number(name.slice(1)), null);
    this.totals.afterRestore();
  }

  private rowCode(row: RowCode): string {
    const { code, node, where } = this.parts;
    const [self, place, here, counts] = code.constantsOf(this, where, node, this.shared.counts);
    const { declare, time } = timeLocal(this.parts, row);
    const [table, id] = [code.local('table'), code.local('id')];
    const due = `${table}.columns[${this.due}][${id}]`;
    return `${declare}
${place}.operator = ${here};
if (!(${time} >= ${self}.fromMs && ${time} < ${self}.toMs)) ${self}.enter(${time}, ${keyOf(row)});
if (${self}.isLate) {
${this.shared.lateCode(row)}
} else {
if (${self}.isPartlyLate) ${counts}.partlyLate += 1;
const ${table} = ${self}.table;
${idOfKey(table, row, id, `${self}.table`)}
${table}.touch(${id});
${this.shared.contents.add(row, table, id)}
${this.shared.settings.trigger?.kind === 'every' ? `${due} = ${due} < 0 ? 1 : ${due} + 1;` : ''}
}`;
  }
}

const NO_LINKS = new Int32Array(0);
const isPaneName = (name: string): boolean => /^p-?\d/.test(name);
