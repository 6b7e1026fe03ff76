import { idOfKey } from '../../fuse/keyed-code.js';
import type { GeneratedFunction } from '../../fuse/generated-code.js';
import { EMIT_PARAMS, emittedRow, keyOf, valueOf, type Emit, type RowCode } from '../../fuse/row-code.js';
import { EndBuckets } from '../../state/end-buckets.js';
import { GrowingCells } from '../../state/growing-cells.js';
import { OperatorState } from '../../state/operator-state.js';
import type { StateTable } from '../../state/state-table.js';
import type { TenantFunction } from '../checked-definition.js';
import { overBound } from '../failure.js';
import { cloneJson } from '../json-copy.js';
import { refuseThenable, type BatchEnd, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { WATERMARK_COLUMNS, WATERMARK_TABLE, type Watermark } from '../watermark.js';
import { isOuter, ROWS_PER_KEY_MAX, sideOf, watermarkOf, type JoinSettings } from './join-sides.js';
import { roleOf } from './role-of.js';
import { keepState } from './update-state-by-key.js';

export const intervalJoin = (parts: OperatorParts): Operator => new IntervalJoin(parts);

interface IntervalSettings extends JoinSettings {
  readonly beforeMs: number;
  readonly afterMs: number;
}

const COLUMNS = [
  { name: 'left', type: 'json' },
  { name: 'right', type: 'json' },
] as const;

/** A kept row is three elements of its cell: its time, its value, and 1 once it has had a partner. */
const STRIDE = 3;
/** Of the time that a row is kept, so that at most this share of it is kept longer. */
const BUCKETS_PER_STAY = 8;

/** A row that has left without ever having had a partner. */
interface Alone {
  readonly endMs: number;
  /** Of its key, which is held until the row has gone on. */
  readonly id: number;
  readonly port: number;
  readonly value: unknown;
}

/**
 * Pairs rows whose times are close. State: table `rows`, for each key the rows of either side as one flat array, in the
 * order of their arrival; beside it the watermark.
 *
 * A left row at t waits for right rows up to t + after, and ends there; a right row at t for left rows up to t + before. A
 * row whose end the watermark had passed before its batch is late; one that has ended pairs no more. Both are exact, so
 * they do not depend on when a bucket is emptied. Rows without a partner come at their end, ordered by it, then by their
 * keys, then left before right: nothing of this depends on what was restored.
 */
class IntervalJoin implements Operator {
  readonly state: OperatorState;
  readonly inline: (row: RowCode, port: number) => string;
  private readonly table: StateTable;
  private readonly cells: readonly [GrowingCells, GrowingCells];
  /** How long after its own time a row of each side ends. */
  private readonly stayMs: readonly [number, number];
  private readonly outer: readonly [boolean, boolean];
  private readonly rowsMax: number;
  private readonly select: TenantFunction;
  private readonly watermark: Watermark;
  private readonly ends: EndBuckets;
  private readonly emitter: { readonly run: Emit };
  private readonly lateEmitters: readonly [{ readonly run: Emit }, { readonly run: Emit }];
  private readonly pushed: readonly GeneratedFunction<Emit>[];
  /** The batch itself, for rows that come out of a window of this batch. */
  private batch: RowContext = { batchId: -1, batchTimeMs: 0 };
  private late = 0;
  /** The row of the key that {@link take} is at. */
  private atId = 0;
  private readonly keyText = (): string => this.table.keys.text(this.atId);

  constructor(private readonly parts: OperatorParts) {
    const { node, code } = parts;
    const settings = node.options as unknown as IntervalSettings;
    this.stayMs = [settings.afterMs, settings.beforeMs];
    this.outer = isOuter(settings.type);
    this.rowsMax = settings.rowsPerKeyMax ?? ROWS_PER_KEY_MAX;
    this.select = roleOf(node.functions, 'select');
    this.watermark = watermarkOf(parts);
    const widthMs = Math.max(1, Math.ceil((settings.beforeMs + settings.afterMs) / BUCKETS_PER_STAY));
    this.ends = new EndBuckets(widthMs, this.outer[0] || this.outer[1]);
    this.emitter = parts.emitter();
    this.lateEmitters = [parts.emitter('late-left'), parts.emitter('late-right')];
    const tables: { readonly [name: string]: typeof COLUMNS | typeof WATERMARK_COLUMNS } = {
      rows: COLUMNS,
      [WATERMARK_TABLE]: WATERMARK_COLUMNS,
    };
    this.state = new OperatorState(
      node.uid ?? '',
      (name) => tables[name],
      () => {
        this.afterRestore();
      },
    );
    this.table = this.state.table('rows');
    this.cells = [new GrowingCells(this.table, 0), new GrowingCells(this.table, 1)];
    this.watermark.keepIn(this.state);
    this.inline = (row, port) => this.code(row, port);
    this.pushed = [0, 1].map((port) => code.add<Emit>(EMIT_PARAMS, () => this.code(emittedRow(true), port)));
  }

  push(value: unknown, key: unknown, timeMs: number, context: RowContext, port: number): void {
    this.pushed[port]?.run(value, key, timeMs, context);
  }

  endBatch({ context }: BatchEnd): void {
    const { ms } = this.watermark;
    const { table } = this;
    const alone: Alone[] = [];
    const empty: number[] = [];
    for (const id of this.ends.takeBefore(ms)) {
      if (table.isHeld(id) && this.evict(id, ms, alone) === 0) empty.push(id);
    }
    alone.sort((a, b) => a.endMs - b.endMs || table.keys.compare(a.id, b.id) || a.port - b.port);
    const batch = this.batchOf(context);
    for (const { id, port, value, endMs } of alone) {
      const key = table.keys.key(id);
      const row = port === 0 ? this.call(value, undefined, key, batch) : this.call(undefined, value, key, batch);
      this.emitter.run(row, key, endMs, batch);
    }
    for (const id of empty) table.remove(id);
  }

  takeCounts(): Readonly<Record<string, number>> {
    const { late } = this;
    this.late = 0;
    return late === 0 ? {} : { late };
  }

  /** Called by generated code with a row that has ended. */
  refuseLate(port: number, value: unknown, key: unknown, timeMs: number, context: RowContext): void {
    this.late += 1;
    this.lateEmitters[port]?.run(value, key, timeMs, context);
  }

  /** Pairs a row with those that are kept, and keeps it. Called by generated code; `id` is that of its key. */
  take(port: 0 | 1, id: number, value: unknown, timeMs: number, context: RowContext): void {
    const { table } = this;
    const { where } = this.parts;
    const other = sideOf(1 - port);
    this.atId = id;
    where.key = this.keyText;
    const kept = keepState(value);
    const cells = this.cells[port];
    const cell = cells.change(id);
    if (cell === undefined) cells.replace(id, [timeMs, kept, 0]);
    else if (cell.length < this.rowsMax * STRIDE) cell.push(timeMs, kept, 0);
    else throw overBound(undefined, `rowsPerKeyMax of ${this.rowsMax} rows of a key`, table.keys.text(id));
    table.change(id);
    this.ends.add(id, timeMs + this.stayMs[port]);
    const partners = this.outer[other] ? this.cells[other].change(id) : this.cells[other].read(id);
    const isPaired = partners !== undefined && this.pair(port, { id, value, timeMs, partners }, this.batchOf(context));
    if (isPaired && this.outer[port]) {
      const own = cells.change(id);
      if (own !== undefined) own[own.length - 1] = 1;
    }
    where.key = undefined;
  }

  /** @returns whether there was a partner. */
  private pair(
    port: 0 | 1,
    row: {
      readonly id: number;
      readonly value: unknown;
      readonly timeMs: number;
      readonly partners: readonly unknown[];
    },
    context: RowContext,
  ): boolean {
    const { value, timeMs, partners } = row;
    const other = sideOf(1 - port);
    const stay = this.stayMs[other];
    const marks = this.outer[other] ? (partners as unknown[]) : undefined;
    const [fromMs, toMs] = [Math.max(timeMs - stay, this.watermark.beforeMs - stay), timeMs + this.stayMs[port]];
    const key = this.table.keys.key(row.id);
    let isPaired = false;
    for (let i = 0; i < partners.length; i += STRIDE) {
      const partnerMs = partners[i] as number;
      if (partnerMs < fromMs || partnerMs > toMs) continue;
      isPaired = true;
      if (marks !== undefined) marks[i + 2] = 1;
      // What is kept is for this operator alone; the job's code may keep and change what it gets.
      const partner = cloneJson(partners[i + 1]);
      const pair = port === 0 ? this.call(value, partner, key, context) : this.call(partner, value, key, context);
      this.emitter.run(pair, key, partnerMs > timeMs ? partnerMs : timeMs, context);
    }
    return isPaired;
  }

  private call(left: unknown, right: unknown, key: unknown, context: RowContext): unknown {
    this.parts.where.operator = this.parts.node;
    const row = this.select(left, right, key, context);
    if (typeof row === 'object' && row !== null) refuseThenable(row);
    return row;
  }

  /** Drops the rows of a key that have ended before `ms`. @returns how many are left. */
  private evict(id: number, ms: number, alone: Alone[]): number {
    const { table } = this;
    let rows = 0;
    for (const port of [0, 1] as const) {
      const cell = this.cells[port].read(id);
      if (cell === undefined) continue;
      const left = this.countLeft(port, { id, cell, ms }, alone);
      rows += left;
      if (left === cell.length / STRIDE) continue;
      table.change(id);
      if (left === 0) this.cells[port].replace(id, undefined);
      else keepLeft(this.cells[port].change(id) ?? [], this.stayMs[port], ms);
    }
    return rows;
  }

  /** @returns how many rows of a side have not ended. */
  private countLeft(
    port: 0 | 1,
    { id, cell, ms }: { readonly id: number; readonly cell: readonly unknown[]; readonly ms: number },
    alone: Alone[],
  ): number {
    const stay = this.stayMs[port];
    let left = 0;
    for (let i = 0; i < cell.length; i += STRIDE) {
      const endMs = (cell[i] as number) + stay;
      if (endMs >= ms) {
        left += 1;
        if (this.ends.isTaken(endMs, ms)) this.ends.add(id, endMs);
      } else if (this.outer[port] && cell[i + 2] === 0) {
        alone.push({ endMs, id, port, value: cloneJson(cell[i + 1]) });
      }
    }
    return left;
  }

  private batchOf(context: RowContext): RowContext {
    if (context.windowEndMs === undefined && this.batch.batchId !== context.batchId) this.batch = context;
    const { batchId, batchTimeMs } = context;
    if (this.batch.batchId !== batchId) this.batch = Object.freeze({ batchId, batchTimeMs });
    return this.batch;
  }

  private afterRestore(): void {
    this.ends.clear();
    for (const id of this.table.ids()) {
      for (const port of [0, 1] as const) {
        const cell = this.cells[port].read(id) ?? [];
        for (let i = 0; i < cell.length; i += STRIDE) this.ends.add(id, (cell[i] as number) + this.stayMs[port]);
      }
    }
  }

  private code(row: RowCode, port: number): string {
    const { code, node, where } = this.parts;
    const [self, table, place, here, watermark] = code.constantsOf(this, this.table, where, node, this.watermark);
    const id = code.local('id');
    return `${place}.operator = ${here};
if (${row.time} + ${this.stayMs[sideOf(port)]} < ${watermark}.beforeMs) {
${self}.refuseLate(${port}, ${valueOf(row)}, ${keyOf(row)}, ${row.time}, ${row.context});
} else {
${idOfKey(table, row, id)}
${self}.take(${port}, ${id}, ${valueOf(row)}, ${row.time}, ${row.context});
}`;
  }
}

/** Takes the rows that have ended before `ms` out of a cell. */
function keepLeft(cell: unknown[], stayMs: number, ms: number): void {
  let to = 0;
  for (let i = 0; i < cell.length; i += STRIDE) {
    if ((cell[i] as number) + stayMs < ms) continue;
    if (to < i) for (let part = 0; part < STRIDE; part += 1) cell[to + part] = cell[i + part];
    to += STRIDE;
  }
  cell.length = to;
}
