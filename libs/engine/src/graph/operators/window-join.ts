import type { Key } from '@tidemark/streams';
import { iterableOf } from '../../fuse/stateless-code.js';
import type { Emit } from '../../fuse/row-code.js';
import { GrowingCells } from '../../state/growing-cells.js';
import { OperatorState } from '../../state/operator-state.js';
import type { StateTable } from '../../state/state-table.js';
import { overBound } from '../failure.js';
import { cloneJson } from '../json-copy.js';
import { refuseThenable, type BatchEnd, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { WATERMARK_COLUMNS, WATERMARK_TABLE, type Watermark } from '../watermark.js';
import { isOuter, ROWS_PER_KEY_MAX, sideOf, watermarkOf, type JoinSettings } from './join-sides.js';
import { roleOf } from './role-of.js';
import { keepState } from './update-state-by-key.js';

/** Makes the rows of one key of a window that is over. */
type Result = (
  lefts: readonly unknown[],
  rights: readonly unknown[],
  of: { readonly key: Key; readonly context: RowContext; readonly emit: (row: unknown) => void },
) => void;

export function windowJoin(parts: OperatorParts): Operator {
  const { node } = parts;
  const select = roleOf(node.functions, 'select');
  const [leftOuter, rightOuter] = isOuter((node.options as unknown as JoinSettings).type);
  return new PairedWindows(parts, (lefts, rights, { key, context, emit }) => {
    const one = (left: unknown, right: unknown): void => {
      const row = select(left, right, key, context);
      refuseThenable(row);
      emit(row);
    };
    if (rights.length === 0 && leftOuter) for (const left of lefts) one(cloneJson(left), undefined);
    if (lefts.length === 0 && rightOuter) for (const right of rights) one(undefined, cloneJson(right));
    for (const left of lefts) for (const right of rights) one(cloneJson(left), cloneJson(right));
  });
}

export function cogroup(parts: OperatorParts): Operator {
  const apply = roleOf(parts.node.functions, 'apply');
  const iterable = iterableOf('cogroup');
  return new PairedWindows(parts, (lefts, rights, { key, context, emit }) => {
    for (const row of iterable(apply(key, cloneJson(lefts), cloneJson(rights), context))) emit(row);
  });
}

interface OpenWindow {
  readonly startMs: number;
  readonly table: StateTable;
  readonly cells: readonly [GrowingCells, GrowingCells];
}

const SIDES = [
  { name: 'left', type: 'json' },
  { name: 'right', type: 'json' },
] as const;
const TABLE = /^w(-?\d+)$/;

/**
 * The rows of two streams by key, in windows of event time that stand side by side: start ≤ time < end. State: a table for
 * each window that is open, `w` and its start, with the rows of either side as arrays; beside them the watermark. A window
 * is over when the watermark has come to its end; its table goes as a whole.
 *
 * Keys come in the order in which the window first saw them: a table that no row is ever removed from keeps it, also when
 * it is restored.
 */
class PairedWindows implements Operator {
  readonly state: OperatorState;
  private readonly windowMs: number;
  private readonly rowsMax: number;
  private readonly watermark: Watermark;
  private readonly emitter: { readonly run: Emit };
  private readonly lateEmitters: readonly [{ readonly run: Emit }, { readonly run: Emit }];
  private readonly open = new Map<number, OpenWindow>();
  private last: OpenWindow | undefined;
  private late = 0;

  constructor(
    private readonly parts: OperatorParts,
    private readonly result: Result,
  ) {
    const { node } = parts;
    const options = node.options as unknown as JoinSettings & { readonly windowMs: number };
    this.windowMs = options.windowMs;
    this.rowsMax = options.rowsPerKeyMax ?? ROWS_PER_KEY_MAX;
    this.watermark = watermarkOf(parts);
    this.emitter = parts.emitter();
    this.lateEmitters = [parts.emitter('late-left'), parts.emitter('late-right')];
    const columns = (name: string) =>
      name === WATERMARK_TABLE ? WATERMARK_COLUMNS : TABLE.test(name) ? SIDES : undefined;
    this.state = new OperatorState(node.uid ?? '', columns, () => {
      this.afterRestore();
    });
    this.watermark.keepIn(this.state);
  }

  push(value: unknown, key: unknown, timeMs: number, context: RowContext, port: number): void {
    const { where, node } = this.parts;
    where.operator = node;
    const side = sideOf(port);
    const startMs = Math.floor(timeMs / this.windowMs) * this.windowMs;
    if (startMs + this.windowMs <= this.watermark.beforeMs) {
      this.late += 1;
      this.lateEmitters[side].run(value, key, timeMs, context);
      return;
    }
    const { table, cells } = this.windowAt(startMs);
    const id = table.idOf(key as Key);
    where.key = () => table.keys.text(id);
    const kept = keepState(value);
    const cell = cells[side].change(id);
    if (cell === undefined) cells[side].replace(id, [kept]);
    else if (cell.length < this.rowsMax) cell.push(kept);
    else throw overBound(undefined, `rowsPerKeyMax of ${this.rowsMax} rows of a key`, table.keys.text(id));
    where.key = undefined;
    table.change(id);
  }

  endBatch(batch: BatchEnd): void {
    const { windowMs, watermark } = this;
    const over = [...this.open.values()].filter(({ startMs }) => startMs + windowMs <= watermark.ms);
    for (const window of over.sort((a, b) => a.startMs - b.startMs)) this.close(window, batch);
  }

  takeCounts(): Readonly<Record<string, number>> {
    const { late } = this;
    this.late = 0;
    return late === 0 ? {} : { late };
  }

  private close({ startMs, table, cells }: OpenWindow, batch: BatchEnd): void {
    const { where, node } = this.parts;
    const endMs = startMs + this.windowMs;
    const context = batch.windowContext(startMs, endMs);
    for (const id of table.ids()) {
      const key = table.keys.key(id);
      where.operator = node;
      where.key = () => table.keys.text(id);
      this.result(cells[0].read(id) ?? [], cells[1].read(id) ?? [], {
        key,
        context,
        emit: (row) => {
          where.key = undefined;
          this.emitter.run(row, key, endMs - 1, context);
          where.operator = node;
        },
      });
      where.key = undefined;
    }
    this.open.delete(startMs);
    this.last = undefined;
    this.state.drop(table.name);
  }

  private windowAt(startMs: number): OpenWindow {
    if (this.last?.startMs === startMs) return this.last;
    this.last = this.open.get(startMs) ?? this.openWindow(startMs);
    return this.last;
  }

  private openWindow(startMs: number): OpenWindow {
    const table = this.state.table(`w${startMs}`);
    const window = { startMs, table, cells: [new GrowingCells(table, 0), new GrowingCells(table, 1)] } as const;
    this.open.set(startMs, window);
    return window;
  }

  private afterRestore(): void {
    this.open.clear();
    this.last = undefined;
    for (const name of this.state.names()) {
      const [, start] = TABLE.exec(name) ?? [];
      if (start !== undefined && this.state.table(name).size > 0) this.openWindow(Number(start));
    }
  }
}
