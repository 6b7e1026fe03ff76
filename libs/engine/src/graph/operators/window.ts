import { keySlot } from '../key-slot.js';
import { getOrAdd, timeOf, type Operator, type OperatorParts } from '../operator.js';
import type { StateRow } from '../../ports.js';
import { keepState } from './update-state-by-key.js';
import { keptText } from '../kept-value.js';
import { forEachWindowEnd, OWN_ROW_KEY, ownRowText, paneEnd, seenUntilOf, type WindowGrid } from './window-grid.js';

/**
 * The records of each window, as they came. State: the key of a row is the end of a pane, its value the pane's records.
 */
export function window({ node, batchIntervalMs, emit, where }: OperatorParts): Operator {
  const grid = node.options as unknown as WindowGrid;
  /** JSON text of the records by pane end; panes are added in the order of time. */
  const panes = new Map<number, string[]>();
  let seenUntilMs: number | undefined;

  return {
    push(row, context) {
      where.operator = node;
      const end = paneEnd(grid, timeOf(context));
      const text = keptText(keepState(row, String(end)));
      getOrAdd(panes, end, () => []).push(text);
    },
    endBatch(batch) {
      const { batchTimeMs } = batch.context;
      const span = { afterMs: seenUntilMs ?? batchTimeMs - batchIntervalMs, toMs: batchTimeMs };
      forEachWindowEnd(grid, span, (end) => {
        const context = batch.windowContext(end - grid.windowMs, end);
        for (const [pane, texts] of panes) {
          if (pane <= end - grid.windowMs) panes.delete(pane);
          else if (pane <= end) for (const text of texts) emit(JSON.parse(text), context);
        }
        return Math.min(...panes.keys());
      });
      seenUntilMs = batchTimeMs;
    },
    state: {
      uid: node.uid ?? '',
      size: () => panes.size,
      restore({ key, value }) {
        if (key === OWN_ROW_KEY) {
          seenUntilMs = seenUntilOf(value);
          return;
        }
        const records = JSON.parse(value) as readonly unknown[];
        panes.set(
          Number(key),
          Array.from(records, (record) => JSON.stringify(record)),
        );
        inTimeOrder(panes);
      },
      *rows() {
        if (seenUntilMs !== undefined) yield rowOf(OWN_ROW_KEY, ownRowText(seenUntilMs));
        for (const [end, texts] of panes) yield rowOf(String(end), `[${texts.join(',')}]`);
      },
    },
  };
}

const rowOf = (key: string, value: string): StateRow => ({ slot: keySlot(key), key, value });

/** Rows of state come back in any order. */
function inTimeOrder(panes: Map<number, string[]>): void {
  const entries = [...panes].sort(([a], [b]) => a - b);
  panes.clear();
  for (const [end, texts] of entries) panes.set(end, texts);
}
