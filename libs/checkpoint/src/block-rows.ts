import type { BlockView, ColumnView, Texts } from './state-block.js';

/** One row of a table, for people and tools. `key` and `value` are JSON texts. */
export interface TableRow {
  readonly table: string;
  readonly slot: number;
  readonly key: string;
  /** The value itself where the table has one json column named "value", otherwise an object of its columns. */
  readonly value: string;
}

/** The rows that a block inserts or replaces, in its order. */
export function* rowsOf(block: BlockView): Iterable<TableRow> {
  const { table, slots, keys, columns } = block;
  const key = textReader(keys);
  const value = valueReader(columns);
  for (const [index, slot] of slots.entries()) yield { table, slot, key: key(index), value: value(index) };
}

/** The keys that a block removes. */
export function* deletedOf({ deletedSlots, deletedKeys }: BlockView): Iterable<Pick<TableRow, 'slot' | 'key'>> {
  const key = textReader(deletedKeys);
  for (const [index, slot] of deletedSlots.entries()) yield { slot, key: key(index) };
}

function valueReader(columns: readonly ColumnView[]): (index: number) => string {
  const readers = columns.map((column) => ({ name: JSON.stringify(column.name), read: columnReader(column) }));
  const [only] = columns;
  if (only?.type === 'json' && only.name === 'value' && columns.length === 1) return textReader(only.texts);
  return (index) => {
    const members = readers.map(({ name, read }) => [name, read(index)] as const).filter(([, text]) => text !== '');
    return `{${members.map(([name, text]) => `${name}:${text}`).join(',')}}`;
  };
}

/** Numbers that JSON does not have read as null, as JSON.stringify writes them. */
export function columnReader(column: ColumnView): (index: number) => string {
  switch (column.type) {
    case 'f64':
      return (index) => JSON.stringify(column.values[index]);
    case 'bool':
      return (index) => (column.values[index] === 1 ? 'true' : 'false');
    case 'json':
      return textReader(column.texts);
  }
}

export function textReader({ ends, bytes }: Texts): (index: number) => string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return (index) => buffer.toString('utf8', index === 0 ? 0 : ends[index - 1], ends[index]);
}
