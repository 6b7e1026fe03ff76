import type { GeneratedFunction } from '../../../fuse/generated-code.js';
import { idOfKey } from '../../../fuse/keyed-code.js';
import { EMIT_PARAMS, emittedRow, keyOf, type Emit, type RowCode } from '../../../fuse/row-code.js';
import { OperatorState } from '../../../state/operator-state.js';
import type { ColumnSpec, StateTable } from '../../../state/state-table.js';
import type { BatchEnd, Operator, OperatorParts } from '../../operator.js';
import { inOrder, TakenResults, type SessionResult } from './session-results.js';
import { commonColumns, dueColumn, timeLocal, TriggerClock, WindowParts } from './window-parts.js';

/** A session, by where it lies. */
interface Place {
  readonly table: StateTable;
  readonly id: number;
}

/**
 * Session windows. A session covers its first record up to `gap` after its last one; sessions of a key that overlap become
 * one. State: tables `s0`, `s1` …: each holds at most one session of a key, with the columns of the contents, `@first` and
 * `@last` in milliseconds and {@link dueColumn}. Nearly all sessions lie in `s0`; the others hold those of keys that have
 * several open at once.
 */
export class SessionWindows implements Operator {
  readonly state: OperatorState;
  readonly inline: (row: RowCode) => string;
  /** The table of the row that was found last. Read by generated code. */
  table: StateTable;
  /** How many tables there are. Read by generated code. */
  levels = 1;
  private readonly shared: WindowParts;
  private readonly gapMs: number;
  /** Columns behind those of the contents. */
  private readonly at: { readonly first: number; readonly last: number; readonly due: number };
  private readonly base: StateTable;
  private readonly clock: TriggerClock;
  private readonly pushed: GeneratedFunction<Emit>;
  private readonly merged: GeneratedFunction<(into: StateTable, to: number, from: StateTable, id: number) => void>;
  private readonly taken = new TakenResults();
  /** No session ends, and none goes, before this time. */
  private nextMs = -Infinity;

  constructor(private readonly parts: OperatorParts) {
    const shared = new WindowParts(parts);
    this.shared = shared;
    this.gapMs = (shared.settings.windows as { readonly gapMs: number }).gapMs;
    const { columns } = shared.contents;
    this.at = { first: columns.length, last: columns.length + 1, due: columns.length + 2 };
    const own: readonly ColumnSpec[] = [...columns, timeColumn('@first'), timeColumn('@last'), dueColumn];
    const columnsOf = (name: string) => (isLevelName(name) ? own : commonColumns(name));
    this.state = new OperatorState(parts.node.uid ?? '', columnsOf, () => {
      this.afterRestore();
    });
    this.base = this.state.table('s0');
    this.table = this.base;
    this.clock = new TriggerClock(shared.settings.trigger, this.state);
    parts.watermark?.keepIn(this.state);
    this.inline = (row) => this.code(row);
    this.pushed = parts.code.add<Emit>(EMIT_PARAMS, () => this.code(emittedRow(true)));
    this.merged = parts.code.add('into, to, from, id', () => shared.contents.merge('into', 'to', 'from', 'id'));
  }

  push(value: unknown, key: unknown, timeMs: number, context: Parameters<Emit>[3]): void {
    this.pushed.run(value, key, timeMs, context);
  }

  takeCounts(): Readonly<Record<string, number>> {
    return this.shared.counts.take();
  }

  /**
   * The session for a row at `timeMs` of the key at `id` of the first table, where it does not lie in the session that is
   * there, if there is one. Called by generated code. @returns its row in {@link table}, or −1 if the row is late.
   */
  place(id: number, timeMs: number, key: unknown): number {
    const { base } = this;
    const isFree = Number.isNaN(this.first(base, id));
    const found = this.sessionsOf(id).find((place) => this.covers(place, timeMs));
    if (found !== undefined) {
      this.extend(found, timeMs);
      return this.join(id, found);
    }
    if (timeMs + this.gapMs + this.shared.settings.allowedLatenessMs <= (this.parts.watermark?.beforeMs ?? -Infinity)) {
      if (isFree) base.remove(id);
      return -1;
    }
    return this.begin(isFree ? { table: base, id } : this.freePlace(id, key), timeMs);
  }

  /**
   * Joins the session at `found`, which has grown, with those of its key that it overlaps now. Called by generated code.
   * @param id of the key in the first table. @returns its row in {@link table}.
   */
  join(id: number, found: Place = { table: this.base, id }): number {
    let place = found;
    for (const other of this.sessionsOf(id)) {
      if (other.table === place.table || !this.overlap(place, other)) continue;
      const isEarlier = this.first(other.table, other.id) < this.first(place.table, place.id);
      place = isEarlier ? this.merge(other, place) : this.merge(place, other);
    }
    if (place.table !== this.base) place = this.moveHome(place);
    this.table = place.table;
    return place.id;
  }

  /** Takes the result of the row out of it: as many records have come as the trigger says. Called by generated code. */
  took(id: number, value: unknown): void {
    const { table } = this;
    this.taken.add({ ...this.span(table, id), table, id }, value);
    this.afterResult(table, id);
  }

  endBatch(batch: BatchEnd): void {
    const { where, node, watermark } = this.parts;
    where.operator = node;
    const tables = this.tables();
    this.settle(tables);
    const isDue = this.clock.isDue(batch.context.batchTimeMs);
    const watermarkMs = watermark?.ms ?? -Infinity;
    const results = this.taken.takeAll();
    const gone: Place[] = [];
    if (isDue || this.nextMs <= watermarkMs) this.scan(tables, { isDue, results, gone });
    else if (this.shared.settings.trigger?.kind === 'everyBatch') {
      for (const table of tables) this.touchedResults(table, results);
    }
    for (const { table, id } of gone) this.shared.contents.leave(table, id);
    for (const result of inOrder(results)) this.emit(result, batch, watermarkMs);
    for (const { table, id } of gone) table.remove(id);
    for (const table of tables) table.untouch();
    while (this.levels > 1 && this.state.table(`s${this.levels - 1}`).size === 0) {
      this.levels -= 1;
      this.state.drop(`s${this.levels}`);
    }
  }

  /** Looks at every session: which has ended, which goes, and when the next one will. */
  private scan(
    tables: readonly StateTable[],
    { isDue, results, gone }: { readonly isDue: boolean; results: SessionResult[]; gone: Place[] },
  ): void {
    const { ms, beforeMs } = this.parts.watermark ?? { ms: -Infinity, beforeMs: -Infinity };
    const { allowedLatenessMs, trigger, afterResult } = this.shared.settings;
    this.nextMs = Infinity;
    for (const table of tables) {
      const last = table.f64(this.at.last);
      const due = table.f64(this.at.due);
      for (let id = 0; id < table.keys.idsUsed; id += 1) {
        const endMs = (last[id] ?? 0) + this.gapMs;
        if (!table.isHeld(id)) continue;
        const hasNews = (due[id] ?? 0) >= 0;
        const hasEnded = endMs <= ms;
        const isFirst = hasEnded && endMs > beforeMs && afterResult !== 'discard';
        const isEarly = isDue || (trigger?.kind === 'everyBatch' && table.isTouched(id));
        if (isFirst || (hasNews && (hasEnded || isEarly))) results.push({ ...this.span(table, id), table, id });
        if (endMs + allowedLatenessMs <= ms) gone.push({ table, id });
        else this.nextMs = Math.min(this.nextMs, hasEnded ? endMs + allowedLatenessMs : endMs);
      }
    }
  }

  private touchedResults(table: StateTable, results: SessionResult[]): void {
    for (let i = 0; i < table.touchedCount; i += 1) {
      const id = table.touched[i] ?? 0;
      if (table.isHeld(id) && (table.f64(this.at.due)[id] ?? 0) >= 0) {
        results.push({ ...this.span(table, id), table, id });
      }
    }
  }

  private emit(result: SessionResult, batch: BatchEnd, watermarkMs: number): void {
    const { startMs, endMs, table, id, taken } = result;
    const context = batch.windowContext(startMs, endMs);
    if (taken !== undefined) {
      this.shared.emitTaken.run(taken.value, taken.key, endMs - 1, context);
      return;
    }
    const isLast = endMs + this.shared.settings.allowedLatenessMs <= watermarkMs;
    ONE[0] = id;
    this.shared.emitIds.run(table, ONE, 1, isLast, endMs - 1, context);
    if (!isLast) this.afterResult(table, id);
  }

  private afterResult(table: StateTable, id: number): void {
    if (this.shared.settings.afterResult === 'discard') {
      const { startMs, endMs } = this.span(table, id);
      this.shared.contents.leave(table, id);
      table.reset(id);
      table.f64(this.at.first)[id] = startMs;
      table.f64(this.at.last)[id] = endMs - this.gapMs;
    }
    table.f64(this.at.due)[id] = -1;
    table.change(id);
  }

  private settle(tables: readonly StateTable[]): void {
    let rows = 0;
    let grown: StateTable | undefined;
    for (const table of tables) {
      rows += this.shared.contents.rowsOf(table);
      if (table.touchedCount === 0) continue;
      grown = table;
      this.shared.contents.settle(table);
      const last = table.f64(this.at.last);
      for (let i = 0; i < table.touchedCount; i += 1) {
        const id = table.touched[i] ?? 0;
        const endMs = (last[id] ?? 0) + this.gapMs;
        if (endMs < this.nextMs) this.nextMs = endMs;
      }
    }
    this.shared.checkRows(rows, grown);
  }

  private begin({ table, id }: Place, timeMs: number): number {
    table.f64(this.at.first)[id] = timeMs;
    table.f64(this.at.last)[id] = timeMs;
    this.table = table;
    return id;
  }

  /** Moves what lies at `later` to `earlier`, which may be free. */
  private merge(earlier: Place, later: Place): Place {
    const { first, last, due } = this.at;
    const [into, to, from, id] = [earlier.table, earlier.id, later.table, later.id];
    this.merged.run(into, to, from, id);
    if (Number.isNaN(into.f64(first)[to])) into.f64(first)[to] = from.f64(first)[id] ?? 0;
    const lastBefore = into.f64(last)[to] ?? Number.NaN;
    const lastThere = from.f64(last)[id] ?? 0;
    into.f64(last)[to] = lastBefore > lastThere ? lastBefore : lastThere;
    into.f64(due)[to] = Math.max(0, into.f64(due)[to] ?? 0) + Math.max(0, from.f64(due)[id] ?? 0);
    into.touch(to);
    this.shared.contents.leave(from, id);
    from.remove(id);
    return earlier;
  }

  /** Into the first table, if its row there is free. Merging may have removed that. */
  private moveHome(place: Place): Place {
    const home = this.base.findOther(place.table, place.id);
    if (home >= 0 && !Number.isNaN(this.first(this.base, home))) return place;
    return this.merge({ table: this.base, id: this.base.idOfOther(place.table, place.id) }, place);
  }

  private extend({ table, id }: Place, timeMs: number): void {
    const first = table.f64(this.at.first);
    const last = table.f64(this.at.last);
    if (timeMs < (first[id] ?? 0)) first[id] = timeMs;
    if (timeMs > (last[id] ?? 0)) last[id] = timeMs;
  }

  /** The sessions of the key at `id` of the first table. */
  private sessionsOf(id: number): readonly Place[] {
    const places: Place[] = [];
    for (const table of this.tables()) {
      const own = table === this.base ? id : table.findOther(this.base, id);
      if (own >= 0 && !Number.isNaN(this.first(table, own))) places.push({ table, id: own });
    }
    return places;
  }

  private freePlace(id: number, key: unknown): Place {
    for (let level = 1; ; level += 1) {
      if (level === this.levels) {
        this.levels += 1;
        this.shared.checkWindows(this.levels, () => JSON.stringify(key));
      }
      const table = this.state.table(`s${level}`);
      if (table.findOther(this.base, id) < 0) return { table, id: table.idOfOther(this.base, id) };
    }
  }

  private tables(): readonly StateTable[] {
    return Array.from({ length: this.levels }, (_, level) => this.state.table(`s${level}`));
  }

  private covers({ table, id }: Place, timeMs: number): boolean {
    const { startMs, endMs } = this.span(table, id);
    return timeMs < endMs && startMs < timeMs + this.gapMs;
  }

  private overlap(a: Place, b: Place): boolean {
    const [one, other] = [this.span(a.table, a.id), this.span(b.table, b.id)];
    return one.startMs < other.endMs && other.startMs < one.endMs;
  }

  private span(table: StateTable, id: number): { readonly startMs: number; readonly endMs: number } {
    return { startMs: this.first(table, id), endMs: (table.f64(this.at.last)[id] ?? 0) + this.gapMs };
  }

  private first(table: StateTable, id: number): number {
    return table.f64(this.at.first)[id] ?? Number.NaN;
  }

  private afterRestore(): void {
    const levels = this.state.names().filter(isLevelName);
    this.levels = Math.max(1, ...levels.map((name) => Number(name.slice(1)) + 1));
    this.nextMs = -Infinity;
    for (const table of this.tables()) {
      for (const id of this.shared.keptIds(table, this.at.due)) this.afterResult(table, id);
    }
  }

  private code(row: RowCode): string {
    const { code, node, where } = this.parts;
    const [self, base, place, here] = code.constantsOf(this, this.base, where, node);
    const { declare, time } = timeLocal(this.parts, row);
    const [table, id, key] = [code.local('table'), code.local('id'), code.local('keyId')];
    const cell = (column: number, of: string, at: string): string => `${of}.columns[${column}][${at}]`;
    const [first, last] = [cell(this.at.first, base, key), cell(this.at.last, base, key)];
    const due = cell(this.at.due, table, id);
    const { trigger } = this.shared.settings;
    const fire =
      trigger?.kind === 'everyCount'
        ? `if (${due} >= ${trigger.count}) {
${self}.table = ${table};
${self}.took(${id}, ${this.shared.contents.take(table, id)});
}`
        : '';
    return `${declare}
${place}.operator = ${here};
${idOfKey(base, row, key)}
let ${id} = ${key};
let ${table} = ${base};
if (${time} > ${first} - ${this.gapMs} && ${time} < ${last} + ${this.gapMs}) {
if (${time} > ${last} || ${time} < ${first}) {
if (${time} > ${last}) ${last} = ${time};
else ${first} = ${time};
if (${self}.levels > 1) {
${id} = ${self}.join(${key});
${table} = ${self}.table;
}
}
} else {
${id} = ${self}.place(${key}, ${time}, ${keyOf(row)});
${table} = ${self}.table;
}
if (${id} < 0) {
${this.shared.lateCode(row)}
} else {
${table}.touch(${id});
${this.shared.contents.add(row, table, id)}
${due} = ${due} < 0 ? 1 : ${due} + 1;
${fire}
}`;
  }
}

const ONE = new Int32Array(1);
const timeColumn = (name: string): ColumnSpec => ({ name, type: 'f64', initial: Number.NaN });
const isLevelName = (name: string): boolean => /^s\d/.test(name);
