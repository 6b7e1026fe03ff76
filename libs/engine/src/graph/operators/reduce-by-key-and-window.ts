import type { Key } from '@tidemark/streams';
import type { StateRow } from '../../ports.js';
import type { TenantFunction } from '../checked-definition.js';
import { misuse } from '../failure.js';
import { keptFromText, keptText, unkeep, type Kept } from '../kept-value.js';
import { keySlot } from '../key-slot.js';
import { asKey, asKeyedRow, getOrAdd, refuseThenable, timeOf, type Operator, type OperatorParts } from '../operator.js';
import { roleOf } from './stateless.js';
import { keepState } from './update-state-by-key.js';
import {
  forEachWindowEnd,
  lastWindowEnd,
  OWN_ROW_KEY,
  ownRowText,
  paneEnd,
  seenUntilOf,
  type WindowGrid,
} from './window-grid.js';

/**
 * One value for each key of each window. State: a row for each key, `{"panes":[[paneEndMs, reduced], …]}`, oldest first;
 * with an inverse also `"whole"`, the reduction of the panes that the last emitted window held: it is carried on and not
 * made anew, so it must be restored and not made anew either. A job may gain or lose its inverse between revisions.
 *
 * Windows emit their keys ordered by slot, then by the key's text: an order that does not depend on what was restored.
 */
export function reduceByKeyAndWindow(parts: OperatorParts): Operator {
  const keys = new WindowedKeys(parts);
  return {
    push: (row, context) => {
      parts.where.operator = parts.node;
      const [key, value] = asKeyedRow(row);
      keys.collect(key, value, timeOf(context));
    },
    endBatch(batch) {
      keys.store();
      keys.emitWindows(batch.context.batchTimeMs, (end) => batch.windowContext(end - keys.grid.windowMs, end));
    },
    state: {
      uid: parts.node.uid ?? '',
      size: () => keys.size,
      restore: (row) => {
        keys.restore(row);
      },
      rows: () => keys.rows(),
    },
  };
}

interface WindowedKey {
  readonly key: Key;
  readonly text: string;
  readonly slot: number;
  /** Oldest first. */
  panes: Pane[];
  /** With an inverse: the panes up to the last window end, reduced. */
  whole: Kept | undefined;
}

interface Pane {
  readonly endMs: number;
  value: Kept;
}

class WindowedKeys {
  readonly grid: WindowGrid;
  private readonly reduce: TenantFunction;
  private readonly inverse: TenantFunction | undefined;
  private readonly byKey = new Map<Key, WindowedKey>();
  /** This batch's values, reduced by pane and key; not yet kept. */
  private readonly collected = new Map<number, Map<Key, unknown>>();
  /** In the order of emission; undefined when keys have come since. */
  private ordered: readonly WindowedKey[] | undefined;
  private seenUntilMs: number | undefined;

  constructor(private readonly parts: OperatorParts) {
    this.grid = parts.node.options as unknown as WindowGrid;
    this.reduce = this.checked(roleOf(parts.node.functions, 'reduce'));
    const inverse = parts.node.functions['inverse'];
    this.inverse = inverse === undefined ? undefined : this.checked(inverse);
  }

  get size(): number {
    return this.byKey.size;
  }

  collect(key: Key, value: unknown, timeMs: number): void {
    const pane = getOrAdd(this.collected, paneEnd(this.grid, timeMs), () => new Map<Key, unknown>());
    pane.set(key, pane.has(key) ? this.reduce(pane.get(key), value) : value);
  }

  /** Adds what was collected to the panes that are kept. A pane is made of several batches if slides are longer. */
  store(): void {
    const { node, where } = this.parts;
    where.operator = node;
    for (const [endMs, values] of [...this.collected].sort(([a], [b]) => a - b)) {
      for (const [key, value] of values) {
        const entry = getOrAdd(this.byKey, key, () => this.newKey(key));
        where.key = entry.text;
        const last = entry.panes.at(-1);
        if (last?.endMs === endMs) last.value = keepState(this.reduce(unkeep(last.value), value), entry.text);
        else entry.panes.push({ endMs, value: keepState(value, entry.text) });
      }
    }
    where.key = undefined;
    this.collected.clear();
  }

  emitWindows(batchTimeMs: number, contextOf: (windowEndMs: number) => Parameters<OperatorParts['emit']>[1]): void {
    const { node, batchIntervalMs, emit, where } = this.parts;
    const span = { afterMs: this.seenUntilMs ?? batchTimeMs - batchIntervalMs, toMs: batchTimeMs };
    let coveredMs = this.seenUntilMs === undefined ? -Infinity : lastWindowEnd(this.grid, this.seenUntilMs);
    forEachWindowEnd(this.grid, span, (windowEndMs) => {
      const context = contextOf(windowEndMs);
      let oldestPane = Infinity;
      for (const entry of this.inOrder()) {
        where.operator = node;
        where.key = entry.text;
        const value = this.advance(entry, { coveredMs, windowEndMs });
        where.key = undefined;
        const oldest = entry.panes[0]?.endMs ?? Infinity;
        if (oldest < oldestPane) oldestPane = oldest;
        if (oldest <= windowEndMs) emit([entry.key, value], context);
      }
      this.forgetEmpty();
      coveredMs = windowEndMs;
      return oldestPane;
    });
    this.seenUntilMs = batchTimeMs;
  }

  restore({ key: text, value }: StateRow): void {
    if (text === OWN_ROW_KEY) {
      this.seenUntilMs = seenUntilOf(value);
      return;
    }
    const stored = JSON.parse(value) as {
      readonly panes: readonly (readonly [number, unknown])[];
      readonly whole?: unknown;
    };
    const entry = this.newKey(asKey(JSON.parse(text)));
    entry.panes = stored.panes.map(([endMs, pane]) => ({ endMs, value: keptFromText(JSON.stringify(pane)) }));
    entry.whole = stored.whole === undefined ? undefined : keptFromText(JSON.stringify(stored.whole));
    this.byKey.set(entry.key, entry);
  }

  *rows(): Iterable<StateRow> {
    if (this.seenUntilMs !== undefined) {
      yield { slot: keySlot(OWN_ROW_KEY), key: OWN_ROW_KEY, value: ownRowText(this.seenUntilMs) };
    }
    for (const { text, slot, panes, whole } of this.byKey.values()) {
      const paneTexts = panes.map(({ endMs, value }) => `[${endMs},${keptText(value)}]`);
      const wholeText = whole === undefined ? '' : `,"whole":${keptText(whole)}`;
      yield { slot, key: text, value: `{"panes":[${paneTexts.join(',')}]${wholeText}}` };
    }
  }

  /**
   * Drops the panes that the window leaves behind and returns the value of those that it holds, if any.
   * `whole` holds the panes up to `coveredMs`.
   */
  private advance(entry: WindowedKey, to: { readonly coveredMs: number; readonly windowEndMs: number }): unknown {
    const startMs = to.windowEndMs - this.grid.windowMs;
    if (this.inverse !== undefined) return this.carryOn(entry, this.inverse, { ...to, startMs });
    dropUntil(entry, startMs);
    return this.reducePanes(entry.panes, -Infinity, to.windowEndMs);
  }

  private carryOn(
    entry: WindowedKey,
    inverse: TenantFunction,
    {
      startMs,
      coveredMs,
      windowEndMs,
    }: { readonly startMs: number; readonly coveredMs: number; readonly windowEndMs: number },
  ): unknown {
    let whole: unknown;
    // Where nothing stays, the inverse would have to give a zero that the reduction does not know.
    if (entry.panes.some(({ endMs }) => endMs > startMs && endMs <= coveredMs)) {
      whole = entry.whole === undefined ? this.reducePanes(entry.panes, -Infinity, coveredMs) : unkeep(entry.whole);
      for (const { endMs, value } of entry.panes) if (endMs <= startMs) whole = inverse(whole, unkeep(value));
    }
    dropUntil(entry, startMs);
    const coming = this.reducePanes(entry.panes, coveredMs, windowEndMs);
    if (coming !== undefined) whole = whole === undefined ? coming : this.reduce(whole, coming);
    entry.whole = whole === undefined ? undefined : keepState(whole, entry.text);
    return whole;
  }

  private reducePanes(panes: readonly Pane[], afterMs: number, toMs: number): unknown {
    let reduced: unknown;
    for (const { endMs, value } of panes) {
      if (endMs <= afterMs || endMs > toMs) continue;
      reduced = reduced === undefined ? unkeep(value) : this.reduce(reduced, unkeep(value));
    }
    return reduced;
  }

  private inOrder(): readonly WindowedKey[] {
    this.ordered ??= [...this.byKey.values()].sort((a, b) => a.slot - b.slot || (a.text < b.text ? -1 : 1));
    return this.ordered;
  }

  private forgetEmpty(): void {
    for (const { key, panes } of this.inOrder()) {
      if (panes.length > 0) continue;
      this.byKey.delete(key);
      this.ordered = undefined;
    }
  }

  private newKey(key: Key): WindowedKey {
    const text = JSON.stringify(key);
    this.ordered = undefined;
    return { key, text, slot: keySlot(text), panes: [], whole: undefined };
  }

  private checked(fn: TenantFunction): TenantFunction {
    return (a, b) => {
      const reduced = fn(a, b);
      refuseThenable(reduced);
      if (reduced === undefined) throw misuse('it returned undefined instead of a value');
      return reduced;
    };
  }
}

function dropUntil(entry: WindowedKey, startMs: number): void {
  const first = entry.panes.findIndex(({ endMs }) => endMs > startMs);
  entry.panes = first === -1 ? [] : entry.panes.slice(first);
}
