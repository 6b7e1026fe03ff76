import type { Key } from '@tidemark/streams';
import { readBlock, textAt, type Texts } from './state-block.js';

/** A state block as values, for looking at: what a block does to its table, in the order in which it does it. */
export interface BlockRows {
  readonly table: string;
  /** The table is emptied first. */
  readonly clear: boolean;
  readonly deleted: readonly (Key | null)[];
  readonly rows: readonly BlockRow[];
}

export interface BlockRow {
  /** Null for a row of the operator itself. */
  readonly key: Key | null;
  readonly columns: { readonly [name: string]: unknown };
}

/** @throws RangeError, SyntaxError for bytes that are no state block. */
export function rowsOfBlock(bytes: Uint8Array): BlockRows {
  const { header, keys, columns, deletedKeys } = readBlock(bytes);
  const cells = header.columns.map(({ name, type }, index) => {
    const column = columns[index];
    const cell = (row: number): unknown => {
      if (type === 'json') return valueOfText(textAt(column as Texts, row));
      const value = (column as Float64Array | Uint8Array)[row];
      return type === 'bool' ? value === 1 : value;
    };
    return [name, cell] as const;
  });
  return {
    table: header.table,
    clear: header.clear,
    deleted: Array.from({ length: header.deleted }, (_, row) => keyOfText(textAt(deletedKeys, row))),
    rows: Array.from({ length: header.rows }, (_, row) => ({
      key: keyOfText(textAt(keys, row)),
      columns: Object.fromEntries(cells.map(([name, cell]) => [name, cell(row)])),
    })),
  };
}

/** The JSON text of the key of a block's first row; empty if it has none. */
export function firstKeyOfBlock(bytes: Uint8Array): string {
  const { keys } = readBlock(bytes);
  return keys.ends.length === 0 ? '' : textAt(keys, 0);
}

const keyOfText = (text: string): Key | null => JSON.parse(text) as Key | null;

const valueOfText = (text: string): unknown => (text === '' ? undefined : JSON.parse(text));
