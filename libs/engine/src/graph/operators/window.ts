import type { Emit } from '../../fuse/row-code.js';
import { overBound } from '../failure.js';
import { OperatorState } from '../../state/operator-state.js';
import { setAt, type StateTable } from '../../state/state-table.js';
import { getOrAdd, timeOf, type BatchEnd, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { keepState, VALUE_COLUMN } from './update-state-by-key.js';
import { forEachWindowEnd, paneEnd, SeenUntil, type WindowGrid } from './window-grid.js';

/**
 * The records of each window, as they came. State: table `state`, column `value`: the key of a row is the end of a pane as
 * text, its value the pane's records; beside them the row of {@link SeenUntil}.
 */
export const window = (parts: OperatorParts): Operator => new Window(parts);

/** Of one slide: they are one value of state, which must fit into a checkpoint's block. Windows in event time hold more. */
const RECORDS_PER_SLIDE_MAX = 1_000_000;

class Window implements Operator {
  readonly state: OperatorState;
  private readonly grid: WindowGrid;
  private readonly emitter: { readonly run: Emit };
  private readonly table: StateTable;
  private readonly seen: SeenUntil;
  private readonly isKeyed: boolean;
  /** Records by pane end; panes are in the order of time. */
  private panes = new Map<number, unknown[]>();
  /** Panes whose array is no longer that of a snapshot under way. */
  private readonly copied = new Set<number>();
  private copiedSince = 0;

  constructor(private readonly parts: OperatorParts) {
    this.grid = parts.node.options as unknown as WindowGrid;
    this.emitter = parts.emitter();
    this.isKeyed = parts.isKeyed(0);
    const columns = (name: string) => (name === 'state' ? VALUE_COLUMN : undefined);
    this.state = new OperatorState(parts.node.uid ?? '', columns, () => {
      this.afterRestore();
    });
    this.table = this.state.table('state');
    this.seen = new SeenUntil(this.table);
  }

  push(value: unknown, key: unknown, _time: number, context: RowContext): void {
    const { where, node } = this.parts;
    where.operator = node;
    const end = paneEnd(this.grid, timeOf(context));
    where.key = () => String(end);
    const kept = keepState(this.isKeyed ? [key, value] : value);
    where.key = undefined;
    const records = getOrAdd(this.panes, end, () => []);
    if (records.length >= RECORDS_PER_SLIDE_MAX) {
      throw overBound(node, `bound of ${RECORDS_PER_SLIDE_MAX} records in a slide`, String(end));
    }
    this.changeable(end, records).push(kept);
    this.store(end);
  }

  endBatch(batch: BatchEnd): void {
    const { batchTimeMs } = batch.context;
    const { grid, panes } = this;
    const span = { afterMs: this.seen.ms ?? batchTimeMs - this.parts.batchIntervalMs, toMs: batchTimeMs };
    forEachWindowEnd(grid, span, (end) => {
      const context = batch.windowContext(end - grid.windowMs, end);
      for (const [pane, records] of panes) {
        if (pane <= end - grid.windowMs) this.forget(pane);
        else if (pane <= end) for (const record of records) this.emit(record, end, context);
      }
      return Math.min(...panes.keys());
    });
    this.seen.set(batchTimeMs);
  }

  /** A snapshot that is being handed out may still hold the array of the pane. */
  private changeable(end: number, records: unknown[]): unknown[] {
    if (this.copiedSince !== this.table.freezes) {
      this.copied.clear();
      this.copiedSince = this.table.freezes;
    }
    if (!this.table.isFrozen || this.copied.has(end)) return records;
    this.copied.add(end);
    const copy = [...records];
    this.panes.set(end, copy);
    return copy;
  }

  private emit(record: unknown, end: number, context: RowContext): void {
    const copy = keepState(record);
    const [key, value] = this.isKeyed ? (copy as readonly [unknown, unknown]) : [undefined, copy];
    this.emitter.run(value, key, end, context);
  }

  private store(end: number): void {
    const id = this.table.idOf(end);
    setAt(this.table.json(0), id, this.panes.get(end));
    this.table.change(id);
  }

  private forget(pane: number): void {
    this.panes.delete(pane);
    this.table.remove(this.table.find(pane));
  }

  private afterRestore(): void {
    this.seen.afterRestore();
    const panes = [...this.table.ids()]
      .map((id) => [this.table.keys.key(id) as number | null, this.table.json(0)[id] as unknown[]] as const)
      .filter((pane): pane is [number, unknown[]] => pane[0] !== null);
    this.panes = new Map(panes.sort(([a], [b]) => a - b));
  }
}
