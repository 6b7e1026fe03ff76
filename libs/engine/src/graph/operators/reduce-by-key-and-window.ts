import type { Key } from '@tidemark/streams';
import type { Emit } from '../../fuse/row-code.js';
import { OperatorState } from '../../state/operator-state.js';
import { setAt, type StateTable } from '../../state/state-table.js';
import type { TenantFunction } from '../checked-definition.js';
import { misuse } from '../failure.js';
import {
  getOrAdd,
  refuseThenable,
  timeOf,
  type BatchEnd,
  type Operator,
  type OperatorParts,
  type RowContext,
} from '../operator.js';
import { roleOf } from './role-of.js';
import { keepState, VALUE_COLUMN } from './update-state-by-key.js';
import { forEachWindowEnd, lastWindowEnd, paneEnd, SeenUntil, type WindowGrid } from './window-grid.js';

/** What is kept of a key. */
interface Windowed {
  /** Oldest first: the end of the pane, and its reduction. */
  readonly panes: readonly (readonly [endMs: number, value: unknown])[];
  /** With an inverse: the panes up to the last window end, reduced. */
  readonly whole?: unknown;
}

/**
 * One value for each key of each window. State: table `state`, column `value`: for each key its panes, oldest first; with
 * an inverse also `whole`, the reduction of the panes that the last emitted window held: it is carried on and not made
 * anew, so it must be restored and not made anew either. A job may gain or lose its inverse between revisions.
 *
 * Windows emit their keys ordered by slot, then by the key's text: an order that does not depend on what was restored.
 */
export const reduceByKeyAndWindow = (parts: OperatorParts): Operator => new ReduceByKeyAndWindow(parts);

class ReduceByKeyAndWindow implements Operator {
  readonly state: OperatorState;
  private readonly grid: WindowGrid;
  private readonly reduce: TenantFunction;
  private readonly inverse: TenantFunction | undefined;
  private readonly emitter: { readonly run: Emit };
  private readonly table: StateTable;
  private readonly seen: SeenUntil;
  /** This batch's values, reduced by pane and key; not yet kept. */
  private readonly collected = new Map<number, Map<Key, unknown>>();
  /** In the order of emission; undefined when keys have come since. */
  private ordered: readonly number[] | undefined;

  constructor(private readonly parts: OperatorParts) {
    const { node } = parts;
    this.grid = node.options as unknown as WindowGrid;
    this.reduce = checked(roleOf(node.functions, 'reduce'));
    const inverse = node.functions['inverse'];
    this.inverse = inverse === undefined ? undefined : checked(inverse);
    this.emitter = parts.emitter();
    const columns = (name: string) => (name === 'state' ? VALUE_COLUMN : undefined);
    this.state = new OperatorState(node.uid ?? '', columns, () => {
      this.seen.afterRestore();
      this.ordered = undefined;
    });
    this.table = this.state.table('state');
    this.seen = new SeenUntil(this.table);
  }

  push(value: unknown, key: unknown, _time: number, context: RowContext): void {
    this.parts.where.operator = this.parts.node;
    const pane = getOrAdd(this.collected, paneEnd(this.grid, timeOf(context)), () => new Map<Key, unknown>());
    pane.set(key as Key, pane.has(key as Key) ? this.reduce(pane.get(key as Key), value) : value);
  }

  endBatch(batch: BatchEnd): void {
    this.store();
    this.emitWindows(batch);
    this.seen.set(batch.context.batchTimeMs);
  }

  /** Adds what was collected to the panes that are kept. A pane is made of several batches if slides are longer. */
  private store(): void {
    const { node, where } = this.parts;
    where.operator = node;
    for (const [endMs, values] of [...this.collected].sort(([a], [b]) => a - b)) {
      for (const [key, value] of values) {
        const isNew = this.table.find(key) < 0;
        const id = this.table.idOf(key);
        if (isNew) this.ordered = undefined;
        where.key = () => this.table.keys.text(id);
        const { panes, ...rest } = this.kept(id);
        const last = panes.at(-1);
        const earlier = last?.[0] === endMs ? panes.slice(0, -1) : panes;
        const pane = last?.[0] === endMs ? this.reduce(keepState(last[1]), value) : value;
        this.keep(id, { ...rest, panes: [...earlier, [endMs, keepState(pane)]] });
      }
    }
    where.key = undefined;
    this.collected.clear();
  }

  private emitWindows(batch: BatchEnd): void {
    const { node, batchIntervalMs, where } = this.parts;
    const { batchTimeMs } = batch.context;
    const span = { afterMs: this.seen.ms ?? batchTimeMs - batchIntervalMs, toMs: batchTimeMs };
    let coveredMs = this.seen.ms === undefined ? -Infinity : lastWindowEnd(this.grid, this.seen.ms);
    forEachWindowEnd(this.grid, span, (windowEndMs) => {
      const context = batch.windowContext(windowEndMs - this.grid.windowMs, windowEndMs);
      let oldestPane = Infinity;
      for (const id of this.inOrder()) {
        where.operator = node;
        where.key = () => this.table.keys.text(id);
        const value = this.advance(id, { coveredMs, windowEndMs });
        where.key = undefined;
        const oldest = this.kept(id).panes[0]?.[0] ?? Infinity;
        if (oldest < oldestPane) oldestPane = oldest;
        if (oldest <= windowEndMs) this.emitter.run(value, this.table.keys.key(id), windowEndMs, context);
      }
      this.forgetEmpty();
      coveredMs = windowEndMs;
      return oldestPane;
    });
  }

  private kept(id: number): Windowed {
    return (this.table.json(0)[id] as Windowed | undefined) ?? { panes: [] };
  }

  private keep(id: number, windowed: Windowed): void {
    setAt(this.table.json(0), id, windowed);
    this.table.change(id);
  }

  /**
   * Drops the panes that the window leaves behind and returns the value of those that it holds, if any.
   * `whole` holds the panes up to `coveredMs`.
   */
  private advance(id: number, to: { readonly coveredMs: number; readonly windowEndMs: number }): unknown {
    const startMs = to.windowEndMs - this.grid.windowMs;
    if (this.inverse !== undefined) return this.carryOn(id, this.inverse, { ...to, startMs });
    const { panes } = this.kept(id);
    const left = panes.filter(([endMs]) => endMs > startMs);
    if (left.length < panes.length) this.keep(id, { panes: left });
    return this.reducePanes(left, -Infinity, to.windowEndMs);
  }

  private carryOn(
    id: number,
    inverse: TenantFunction,
    to: { readonly startMs: number; readonly coveredMs: number; readonly windowEndMs: number },
  ): unknown {
    const { startMs, coveredMs, windowEndMs } = to;
    const kept = this.kept(id);
    let whole: unknown;
    // Where nothing stays, the inverse would have to give a zero that the reduction does not know.
    if (kept.panes.some(([endMs]) => endMs > startMs && endMs <= coveredMs)) {
      whole = kept.whole === undefined ? this.reducePanes(kept.panes, -Infinity, coveredMs) : keepState(kept.whole);
      for (const [endMs, value] of kept.panes) if (endMs <= startMs) whole = inverse(whole, keepState(value));
    }
    const panes = kept.panes.filter(([endMs]) => endMs > startMs);
    const coming = this.reducePanes(panes, coveredMs, windowEndMs);
    if (coming !== undefined) whole = whole === undefined ? coming : this.reduce(whole, coming);
    this.keep(id, whole === undefined ? { panes } : { panes, whole: keepState(whole) });
    return whole;
  }

  private reducePanes(panes: Windowed['panes'], afterMs: number, toMs: number): unknown {
    let reduced: unknown;
    for (const [endMs, value] of panes) {
      if (endMs <= afterMs || endMs > toMs) continue;
      reduced = reduced === undefined ? keepState(value) : this.reduce(reduced, keepState(value));
    }
    return reduced;
  }

  private inOrder(): readonly number[] {
    const { keys } = this.table;
    this.ordered ??= [...this.table.ids()].filter((id) => keys.text(id) !== 'null').sort((a, b) => keys.compare(a, b));
    return this.ordered;
  }

  private forgetEmpty(): void {
    for (const id of this.inOrder()) {
      if (this.kept(id).panes.length > 0) continue;
      this.table.remove(id);
      this.ordered = undefined;
    }
  }
}

function checked(fn: TenantFunction): TenantFunction {
  return (a, b) => {
    const reduced = fn(a, b);
    refuseThenable(reduced);
    if (reduced === undefined) throw misuse('it returned undefined instead of a value');
    return reduced;
  };
}
