import { BLOCK_MAGIC, padded, PREFIX_BYTES, type BlockHeader } from './state-block.js';

/** A value of an f64, a bool or a json column, the last as JSON text. */
export type ColumnValue = number | boolean | string;

export interface BlockToEncode {
  readonly table: string;
  readonly clear: boolean;
  readonly columns: BlockHeader['columns'];
  /** `key` as JSON text; `values` in the order of the columns. */
  readonly rows: readonly { readonly slot: number; readonly key: string; readonly values: readonly ColumnValue[] }[];
  readonly deleted: readonly { readonly slot: number; readonly key: string }[];
}

/** A state block of version 1. It trusts its input: a value of the wrong type is a fault of the caller. */
export function encodeBlock({ table, clear, columns, rows, deleted }: BlockToEncode): Uint8Array {
  const keys = encodeTexts(rows.map(({ key }) => key));
  const deletedKeys = encodeTexts(deleted.map(({ key }) => key));
  const jsonBytes: number[] = [];
  const sections = [Uint8Array.from(rows, ({ slot }) => slot), ...keys];
  for (const [index, { type }] of columns.entries()) {
    const values = rows.map((row) => row.values[index]);
    if (type === 'f64') sections.push(bytesOf(Float64Array.from(values, Number)));
    else if (type === 'bool') sections.push(Uint8Array.from(values, (value) => (value === true ? 1 : 0)));
    else {
      const texts = encodeTexts(values.map(String));
      jsonBytes.push(texts[1].length);
      sections.push(...texts);
    }
  }
  sections.push(
    Uint8Array.from(deleted, ({ slot }) => slot),
    ...deletedKeys,
  );
  const header: BlockHeader = {
    ...{ table, clear, rows: rows.length, columns, keyBytes: keys[1].length, jsonBytes },
    ...{ deleted: deleted.length, deletedKeyBytes: deletedKeys[1].length },
  };
  return assemble(header, sections);
}

/** Ends, then the texts. */
function encodeTexts(texts: readonly string[]): readonly [Uint8Array, Uint8Array] {
  const bytes = Buffer.from(texts.join(''));
  let end = 0;
  const ends = Uint32Array.from(texts, (text) => (end += Buffer.byteLength(text)));
  return [bytesOf(ends), bytes];
}

function assemble(header: BlockHeader, sections: readonly Uint8Array[]): Uint8Array {
  const headerBytes = Buffer.from(JSON.stringify(header));
  const start = padded(PREFIX_BYTES + headerBytes.length);
  const block = new Uint8Array(sections.reduce((length, section) => length + padded(section.length), start));
  const prefix = new DataView(block.buffer);
  prefix.setUint32(0, BLOCK_MAGIC, true);
  prefix.setUint32(4, headerBytes.length, true);
  block.set(headerBytes, PREFIX_BYTES);
  let position = start;
  for (const section of sections) {
    block.set(section, position);
    position += padded(section.length);
  }
  return block;
}

const bytesOf = (values: Float64Array | Uint32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
