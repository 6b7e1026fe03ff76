import type { Emit, RowCode } from '../../fuse/row-code.js';
import { OperatorState, OWN_KEY } from '../../state/operator-state.js';
import type { StateTable } from '../../state/state-table.js';
import { timeOf, type BatchEnd, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { lastWindowEnd, nextWindowEnd, paneEnd, type WindowGrid } from './window-grid.js';

/** One row for each pane, by its end; beside them, under the key null, the time of the last batch. */
const COLUMNS = [{ name: 'count', type: 'f64' }] as const;

/** How many records the window that ends at each slide has. State: table `state`. */
export const countByWindow = (parts: OperatorParts): Operator => new CountByWindow(parts);

class CountByWindow implements Operator {
  readonly state: OperatorState;
  readonly inline: (row: RowCode) => string;
  private readonly grid: WindowGrid;
  private readonly table: StateTable;
  private readonly emitter: { readonly run: Emit };
  private context: RowContext | undefined;
  private pane = 0;

  constructor(private readonly parts: OperatorParts) {
    this.grid = parts.node.options as unknown as WindowGrid;
    this.state = new OperatorState(parts.node.uid ?? '', (name) => (name === 'state' ? COLUMNS : undefined));
    this.table = this.state.table('state');
    this.emitter = parts.emitter();
    this.inline = ({ context }) => `${parts.code.constant(this)}.count(${context});`;
  }

  push(_value: unknown, _key: unknown, _timeMs: number, context: RowContext): void {
    this.count(context);
  }

  /** Called by generated code. */
  count(context: RowContext): void {
    if (context !== this.context) {
      this.context = context;
      this.pane = this.table.idOf(paneEnd(this.grid, timeOf(context)));
      this.table.change(this.pane);
    }
    const counts = this.table.f64(0);
    counts[this.pane] = (counts[this.pane] ?? 0) + 1;
  }

  /** After a pause, slides whose windows are empty are passed over, but for the last one. */
  endBatch(batch: BatchEnd): void {
    const { batchTimeMs } = batch.context;
    this.context = undefined;
    const seen = this.table.find(OWN_KEY);
    const afterMs = seen < 0 ? batchTimeMs - this.parts.batchIntervalMs : (this.table.f64(0)[seen] ?? 0);
    const lastEnd = lastWindowEnd(this.grid, batchTimeMs);
    const panes = this.panes();
    for (let end = nextWindowEnd(this.grid, afterMs); end <= lastEnd; end += this.grid.slideMs) {
      const oldest = panes.find((pane) => pane > end - this.grid.windowMs) ?? Infinity;
      if (oldest > end) end = Math.min(oldest, lastEnd);
      const context = batch.windowContext(end - this.grid.windowMs, end);
      this.emitter.run(this.countIn(panes, end), undefined, end, context);
    }
    for (const pane of panes) if (pane <= lastEnd + this.grid.slideMs - this.grid.windowMs) this.forget(pane);
    const id = this.table.idOf(OWN_KEY);
    this.table.f64(0)[id] = batchTimeMs;
    this.table.change(id);
  }

  private countIn(panes: readonly number[], end: number): number {
    let count = 0;
    for (const pane of panes) {
      if (pane > end - this.grid.windowMs && pane <= end) count += this.table.f64(0)[this.table.find(pane)] ?? 0;
    }
    return count;
  }

  private forget(pane: number): void {
    this.table.remove(this.table.find(pane));
  }

  /** Oldest first. */
  private panes(): readonly number[] {
    return [...this.table.ids()]
      .map((id) => this.table.keys.key(id) as number | null)
      .filter((key) => key !== null)
      .sort((a, b) => a - b);
  }
}
