import type { GeneratedFunction } from '../../../fuse/generated-code.js';
import { EMIT_PARAMS, emittedRow, type Emit, type RowCode } from '../../../fuse/row-code.js';
import { OWN_KEY, type OperatorState } from '../../../state/operator-state.js';
import type { ColumnSpec, StateTable } from '../../../state/state-table.js';
import type { TriggerSettings, WindowSettings } from '../../check-windows.js';
import { overBound } from '../../failure.js';
import { WATERMARK_COLUMNS, WATERMARK_TABLE } from '../../watermark.js';
import type { OperatorParts, RowContext } from '../../operator.js';
import type { Contents } from './contents-port.js';
import { contentsOf } from './contents.js';

/** Rows that a new table has room for: a window that nothing comes to must not take much. */
export const RESERVED_MAX = 1 << 17;
const WINDOWS_MAX = 10_000;
const ROWS_MAX = 20_000_000;

/** Counts of one operator, taken once in a batch. Written by generated code. */
export class WindowCounts {
  late = 0;
  partlyLate = 0;

  take(): Readonly<Record<string, number>> {
    const { late, partlyLate } = this;
    this.late = 0;
    this.partlyLate = 0;
    return { ...(late > 0 ? { late } : {}), ...(partlyLate > 0 ? { partlyLate } : {}) };
  }
}

/** What all operators with windows share: settings, contents of windows, and how rows go on. */
export class WindowParts {
  readonly settings: WindowSettings;
  readonly contents: Contents;
  readonly counts = new WindowCounts();
  /** Emits the rows of a table by id, `count` of them; `isLast` if they are given away with that. */
  readonly emitIds: GeneratedFunction<
    (table: StateTable, ids: Int32Array, count: number, isLast: boolean, time: number, context: RowContext) => void
  >;
  /** Emits what was taken out of a row before. */
  readonly emitTaken: GeneratedFunction<Emit>;

  constructor(readonly parts: OperatorParts) {
    this.settings = parts.node.options as unknown as WindowSettings;
    this.contents = contentsOf(parts);
    const { code, where, emitCode } = parts;
    const place = code.constant(where);
    this.emitIds = code.add('table, ids, count, isLast, time, context', () => {
      const emit = this.contents.emit({ table: 'table', id: 'id', isLast: 'isLast' }, (value) =>
        emitCode({ value, key: { kind: 'id', table: 'table', id: 'id' }, time: 'time', context: 'context' }),
      );
      if (parts.node.kind === 'windowAggregate')
        return `for (let i = 0; i < count; i += 1) {
const id = ids[i];
${emit}
}`;
      return `let id = 0;
${place}.key = () => table.keys.text(id);
for (let i = 0; i < count; i += 1) {
id = ids[i];
${emit}
}
${place}.key = undefined;`;
    });
    const takes = this.settings.trigger?.kind === 'everyCount';
    this.emitTaken = code.add<Emit>(EMIT_PARAMS, () =>
      !takes
        ? ''
        : this.contents.emitTaken({ value: 'value', key: 'key' }, (value) => emitCode({ ...emittedRow(true), value })),
    );
  }

  /** Statements that hand on a row that is late for all of its windows. */
  lateCode(row: RowCode): string {
    return `${this.parts.code.constant(this.counts)}.late += 1;
${this.parts.emitCode(row, 'late')}`;
  }

  /**
   * Rows that were in a result and hold it still, where results are to be discarded: a former revision has accumulated.
   * @param due the index of {@link dueColumn}.
   */
  *keptIds(table: StateTable, due: number, hasEnded = false): Iterable<number> {
    if (this.settings.afterResult !== 'discard') return;
    for (const id of table.ids()) {
      const isGiven = (table.f64(due)[id] ?? 0) < 0;
      if (isGiven ? !this.isEmpty(table, id) : hasEnded) yield id;
    }
  }

  /** @param windows how many are open with the one that `key` just opened. */
  checkWindows(windows: number, keyText: () => string): void {
    const max = this.settings.windowsMax ?? WINDOWS_MAX;
    if (windows > max) throw overBound(this.parts.node, `windowsMax of ${max} open windows`, keyText());
  }

  /** @param rows how many are kept. @param last the table that grew. */
  checkRows(rows: number, last: StateTable | undefined): void {
    const max = this.settings.rowsMax ?? ROWS_MAX;
    if (rows <= max) return;
    const id = last?.touched[Math.max(0, last.touchedCount - 1)] ?? 0;
    throw overBound(this.parts.node, `rowsMax of ${max} rows of state`, last?.keys.text(id) ?? '');
  }

  private isEmpty({ columns }: StateTable, id: number): boolean {
    return this.contents.columns.every(
      ({ type, initial = 0 }, index) => columns[index]?.[id] === (type === 'json' ? undefined : initial),
    );
  }
}

/** Beside the contents: rows since the last result; 0 in a row that has had none; −1 if there was nothing since. */
export const dueColumn: ColumnSpec = { name: '@due', type: 'f64' };

/** Columns of the tables that all operators with windows have. */
export const commonColumns = (name: string): readonly ColumnSpec[] | undefined =>
  ({ [WATERMARK_TABLE]: WATERMARK_COLUMNS, trigger: TRIGGER_COLUMNS })[name];

const TRIGGER_COLUMNS = [{ name: 'ms', type: 'f64', initial: -Infinity }] as const;

/** Tells the batches in which a trigger `every(…)` gives results. Kept in the table `trigger`. */
export class TriggerClock {
  constructor(
    private readonly trigger: TriggerSettings | undefined,
    private readonly state: OperatorState,
  ) {}

  /** Whether a multiple of the interval was reached since the last batch. Call once in a batch. */
  isDue(batchTimeMs: number): boolean {
    if (this.trigger?.kind !== 'every') return false;
    const { everyMs } = this.trigger;
    const table = this.state.table('trigger');
    const id = table.idOf(OWN_KEY);
    const now = Math.floor(batchTimeMs / everyMs) * everyMs;
    const last = table.f64(0)[id] ?? -Infinity;
    if (now <= last) return false;
    table.f64(0)[id] = now;
    table.change(id);
    return last !== -Infinity;
  }
}

/** A local with the row's time, which is read more than once. */
export function timeLocal(parts: OperatorParts, row: RowCode): { readonly declare: string; readonly time: string } {
  const time = parts.code.local('time');
  return { declare: `const ${time} = ${row.time};`, time };
}

/** Ids of all rows of a table, ascending: the order of arrival, as long as no row is ever removed from it. */
export function idsOf(table: StateTable): Int32Array {
  const ids = new Int32Array(table.size);
  let count = 0;
  for (let id = 0; id < table.keys.idsUsed; id += 1) if (table.isHeld(id)) ids[count++] = id;
  return ids;
}
