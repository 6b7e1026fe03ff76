import type { Key } from '@tidemark/streams';
import type { StateTable } from '../../../state/state-table.js';

/** A session that has a result now. */
export interface SessionResult {
  readonly startMs: number;
  readonly endMs: number;
  readonly table: StateTable;
  readonly id: number;
  /** What a trigger took out of it; absent if the result is what lies in the table. The row may be another key's by now. */
  readonly taken?: { readonly key: Key; readonly slot: number; readonly text: string; readonly value: unknown };
}

/** By the end of the session, then by its start, its key's slot and its key's text: an order that no restore changes. */
export function inOrder(results: readonly SessionResult[]): readonly SessionResult[] {
  return results
    .map((result, index) => ({ ...result, index, slot: result.taken?.slot ?? result.table.keys.slot(result.id) }))
    .sort((a, b) => a.endMs - b.endMs || a.startMs - b.startMs || a.slot - b.slot || byText(a, b) || a.index - b.index);
}

function byText(a: SessionResult, b: SessionResult): number {
  const [one, other] = [textOf(a), textOf(b)];
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

const textOf = ({ taken, table, id }: SessionResult): string => taken?.text ?? table.keys.text(id);
