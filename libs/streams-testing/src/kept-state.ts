import { rowsOfBlock, type StateBlock } from '@tidemark/engine';
import type { StateRow } from './api.js';

/** What an operator keeps, from the blocks of its checkpoints. @param blocks in the order in which they were handed out. */
export function rowsKept(blocks: readonly StateBlock[], uid: string): readonly StateRow[] {
  const tables = new Map<string, Map<unknown, StateRow>>();
  for (const block of blocks.filter((one) => one.uid === uid)) {
    const { table, clear, deleted, rows } = rowsOfBlock(block.bytes);
    const held = clear ? new Map<unknown, StateRow>() : (tables.get(table) ?? new Map<unknown, StateRow>());
    tables.set(table, held);
    for (const key of deleted) held.delete(key);
    for (const { key, columns } of rows) held.set(key, { table, key, value: valueOf(columns) });
  }
  return [...tables.values()].flatMap((rows) => [...rows.values()]);
}

function valueOf(columns: { readonly [name: string]: unknown }): unknown {
  const [first, ...more] = Object.keys(columns);
  return first === 'value' && more.length === 0 ? columns[first] : columns;
}
