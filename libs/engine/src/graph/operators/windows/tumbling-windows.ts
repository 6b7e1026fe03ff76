import { idOfKey } from '../../../fuse/keyed-code.js';
import type { GeneratedFunction } from '../../../fuse/generated-code.js';
import { EMIT_PARAMS, emittedRow, keyOf, type Emit, type RowCode } from '../../../fuse/row-code.js';
import { OperatorState } from '../../../state/operator-state.js';
import type { StateTable } from '../../../state/state-table.js';
import type { BatchEnd, Operator, OperatorParts, RowContext } from '../../operator.js';
import { commonColumns, dueColumn, idsOf, RESERVED_MAX, timeLocal, TriggerClock, WindowParts } from './window-parts.js';

/** A window that is open. Its results so far that a trigger took out of it wait for the end of the batch. */
interface OpenWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly table: StateTable;
  taken: { readonly key: unknown; readonly value: unknown }[];
}

/**
 * Windows that do not overlap, and the global one. State: a table for each open window, `w` with its start in milliseconds
 * (`all` for the global one), with the columns of the contents and {@link dueColumn}; a window that is over takes its table
 * with it.
 *
 * No row of a window is removed before its table is, so ids are the order in which keys came, also after a restore: windows
 * emit their keys in this order.
 */
export class TumblingWindows implements Operator {
  readonly state: OperatorState;
  readonly inline: (row: RowCode) => string;
  /** Bounds of the window of the last row; NaN before the first of a batch. Read by generated code. */
  fromMs = Number.NaN;
  toMs = Number.NaN;
  /** Whether that is over for good. */
  isLate = false;
  current: OpenWindow | undefined;
  table: StateTable | undefined;
  private readonly shared: WindowParts;
  private readonly windows = new Map<number, OpenWindow>();
  /** Rows of the window that was closed last: the next one makes room for as many at once. */
  private rowsBefore = 0;
  private readonly grid: { readonly sizeMs: number; readonly offsetMs: number };
  private readonly isGlobal: boolean;
  private readonly discards: boolean;
  /** Whether it is kept in the column `@due` which rows have had a result. */
  private readonly tracks: boolean;
  private readonly due: number;
  private readonly clock: TriggerClock;
  private readonly pushed: GeneratedFunction<Emit>;

  constructor(private readonly parts: OperatorParts) {
    const shared = new WindowParts(parts);
    this.shared = shared;
    const { windows, trigger, afterResult } = shared.settings;
    this.isGlobal = windows.kind === 'global';
    this.grid = windows.kind === 'tumbling' ? windows : { sizeMs: Infinity, offsetMs: 0 };
    this.discards = afterResult === 'discard';
    this.tracks = trigger !== undefined || this.discards;
    const columns = [...shared.contents.columns, dueColumn];
    this.due = columns.length - 1;
    const columnsOf = (name: string) => commonColumns(name) ?? (isWindowName(name) ? columns : undefined);
    this.state = new OperatorState(parts.node.uid ?? '', columnsOf, () => {
      this.afterRestore();
    });
    this.clock = new TriggerClock(trigger, this.state);
    parts.watermark?.keepIn(this.state);
    this.inline = (row) => this.code(row);
    this.pushed = parts.code.add<Emit>(EMIT_PARAMS, () => this.code(emittedRow(true)));
  }

  push(value: unknown, key: unknown, timeMs: number, context: RowContext): void {
    this.pushed.run(value, key, timeMs, context);
  }

  takeCounts(): Readonly<Record<string, number>> {
    return this.shared.counts.take();
  }

  /** Makes the window of this time the current one. Called by generated code. @param key of the row. */
  enter(timeMs: number, key: unknown): void {
    const { sizeMs, offsetMs } = this.grid;
    this.fromMs = this.isGlobal ? -Infinity : Math.floor((timeMs - offsetMs) / sizeMs) * sizeMs + offsetMs;
    this.toMs = this.isGlobal ? Infinity : this.fromMs + sizeMs;
    this.isLate = this.isOver(this.toMs, this.parts.watermark?.beforeMs ?? -Infinity);
    if (this.isLate) return;
    this.current = this.windows.get(this.fromMs) ?? this.open(this.fromMs, key);
    this.table = this.current.table;
  }

  /** Takes the result of the row out of it: as many records have come as the trigger says. Called by generated code. */
  took(id: number, value: unknown): void {
    const { current: window } = this;
    if (window === undefined) return;
    window.taken.push({ key: window.table.keys.key(id), value });
    this.afterResult(window.table, id);
  }

  endBatch(batch: BatchEnd): void {
    const { where, node } = this.parts;
    where.operator = node;
    this.checkBound();
    this.fromMs = this.toMs = Number.NaN;
    const isDue = this.clock.isDue(batch.context.batchTimeMs);
    for (const window of [...this.windows.values()].sort((a, b) => a.startMs - b.startMs)) {
      const { startMs, endMs, table } = window;
      if (table.touchedCount > 0) this.shared.contents.settle(table);
      const context = this.isGlobal ? batch.context : batch.windowContext(startMs, endMs);
      const timeMs = this.isGlobal ? batch.context.batchTimeMs : endMs - 1;
      for (const { key, value } of window.taken) this.shared.emitTaken.run(value, key, timeMs, context);
      window.taken = [];
      const isLast = this.isOver(endMs, this.watermarkMs());
      const ids = this.idsDue(window, isDue);
      if (isLast) table.keys.rememberNoMore();
      this.shared.emitIds.run(table, ids, ids.length, isLast, timeMs, context);
      if (isLast) this.forget(window);
      else this.keepOn(window, ids);
    }
  }

  /** Rows that have a result now. */
  private idsDue({ endMs, table }: OpenWindow, isDue: boolean): Int32Array {
    const { beforeMs } = this.parts.watermark ?? { beforeMs: -Infinity };
    const due = table.f64(this.due);
    // What a former revision has kept there says nothing where nothing is kept: what is touched has news.
    const hasNews = (id: number): boolean => !this.tracks || (due[id] ?? 0) >= 0;
    if (endMs <= this.watermarkMs() && endMs > beforeMs) {
      return this.discards ? idsOf(table).filter(hasNews) : idsOf(table);
    }
    const isAgain = endMs <= beforeMs;
    if (isAgain || this.shared.settings.trigger?.kind === 'everyBatch') {
      return table.touched.slice(0, table.touchedCount).filter(hasNews);
    }
    return isDue ? idsOf(table).filter(hasNews) : new Int32Array(0);
  }

  /** The window goes on, and its rows with these ids have had a result. */
  private keepOn(window: OpenWindow, ids: Int32Array): void {
    const { table } = window;
    const touched = table.touched.slice(0, table.touchedCount);
    // First: a delta gives new rows in the order in which they were first changed, which is that of their arrival.
    table.untouch();
    if (this.tracks) for (const id of ids) this.afterResult(table, id);
    if (!this.isGlobal || !this.discards) return;
    this.removeEmpty(table, touched);
    this.removeEmpty(table, ids);
    // A table that begins anew numbers keys in the order of their arrival again.
    if (table.size === 0) this.forget(window);
  }

  private removeEmpty(table: StateTable, ids: Int32Array): void {
    const due = table.f64(this.due);
    for (const id of ids) if (table.isHeld(id) && (due[id] ?? 0) < 0) table.remove(id);
  }

  private afterResult(table: StateTable, id: number): void {
    if (this.discards) {
      this.shared.contents.leave(table, id);
      table.reset(id);
    }
    table.f64(this.due)[id] = -1;
    // A row that is touched is changed at the end of the batch, in its turn.
    if (!table.isTouched(id)) table.change(id);
  }

  private open(startMs: number, key: unknown): OpenWindow {
    this.shared.checkWindows(this.windows.size + 1, () => JSON.stringify(key));
    const endMs = this.isGlobal ? Infinity : startMs + this.grid.sizeMs;
    const window = { startMs, endMs, table: this.state.table(this.nameOf(startMs)), taken: [] };
    window.table.reserve(Math.min(this.rowsBefore, RESERVED_MAX));
    this.windows.set(startMs, window);
    return window;
  }

  private forget({ startMs }: OpenWindow): void {
    this.windows.delete(startMs);
    this.rowsBefore = this.state.table(this.nameOf(startMs)).size;
    this.state.drop(this.nameOf(startMs));
  }

  private isOver(endMs: number, watermarkMs: number): boolean {
    return endMs + this.shared.settings.allowedLatenessMs <= watermarkMs;
  }

  private watermarkMs(): number {
    return this.parts.watermark?.ms ?? -Infinity;
  }

  private nameOf(startMs: number): string {
    return this.isGlobal ? 'all' : `w${startMs}`;
  }

  private checkBound(): void {
    let rows = 0;
    let last: StateTable | undefined;
    for (const { table } of this.windows.values()) {
      rows += this.shared.contents.rowsOf(table);
      if (table.touchedCount > 0) last = table;
    }
    this.shared.checkRows(rows, last);
  }

  private afterRestore(): void {
    this.windows.clear();
    for (const name of this.state.names().filter(isWindowName)) {
      this.open(name === 'all' ? -Infinity : Number(name.slice(1)), null);
    }
    if (this.discards) for (const window of [...this.windows.values()]) this.discardGiven(window);
  }

  private discardGiven(window: OpenWindow): void {
    const { endMs, table } = window;
    const hasEnded = endMs <= this.watermarkMs();
    for (const id of this.shared.keptIds(table, this.due, hasEnded)) this.afterResult(table, id);
    if (!this.isGlobal) return;
    this.removeEmpty(table, idsOf(table));
    if (table.size === 0) this.forget(window);
  }

  private code(row: RowCode): string {
    const { code, node, where } = this.parts;
    const [self, place, here] = code.constantsOf(this, where, node);
    const { declare, time } = timeLocal(this.parts, row);
    const [table, id] = [code.local('table'), code.local('id')];
    const key = keyOf(row);
    return `${declare}
${place}.operator = ${here};
if (!(${time} >= ${self}.fromMs && ${time} < ${self}.toMs)) ${self}.enter(${time}, ${key});
if (${self}.isLate) {
${this.shared.lateCode(row)}
} else {
const ${table} = ${self}.table;
${idOfKey(table, row, id, `${self}.table`)}
${table}.touch(${id});
${this.shared.contents.add(row, table, id)}
${this.tracks ? this.countCode(self, table, id) : ''}
}`;
  }

  private countCode(self: string, table: string, id: string): string {
    const { trigger } = this.shared.settings;
    const cell = `${table}.columns[${this.due}][${id}]`;
    const taken = this.parts.code.local('taken');
    const fire =
      trigger?.kind === 'everyCount'
        ? `if (${cell} >= ${trigger.count}) {
const ${taken} = ${this.shared.contents.take(table, id)};
${self}.took(${id}, ${taken});
}`
        : '';
    return `${cell} = ${cell} < 0 ? 1 : ${cell} + 1;
${fire}`;
  }
}

const isWindowName = (name: string): boolean => name === 'all' || /^w-?\d/.test(name);
