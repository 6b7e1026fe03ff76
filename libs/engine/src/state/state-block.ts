import { KEY_SLOTS } from '@tidemark/domain';
import { hashOfBytes } from './key-slot.js';
import { textOfUtf8 } from '../decode/utf8.js';
import { utf8BytesMax, writeUtf8 } from '../encode/utf8.js';

/**
 * A state block, **format version 1**: rows of one table, as they cross from the sandbox to the host and lie in a
 * checkpoint's files. docs/formats/checkpoint-v2.md shows one. Little endian; every section begins at a multiple of 8.
 *
 * ```text
 * u32 magic "TMB1" · u32 length of the header · header (JSON)
 * slots u8[rows] · keyEnds u32[rows] · keys
 * columns, in order: f64 f64[rows] · bool u8[rows] · json u32[rows] ends, then the texts; an empty text is "no value"
 * deletedSlots u8[deleted] · deletedEnds u32[deleted] · deletedKeys
 * ```
 */
export interface BlockHeader {
  readonly table: string;
  /** The table is emptied before this block is applied. */
  readonly clear: boolean;
  readonly rows: number;
  /** In the first block of a table that is given as a whole: how many rows its blocks have together. */
  readonly rowsInAll?: number;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  readonly keyBytes: number;
  /** One for each json column, in order. */
  readonly jsonBytes: readonly number[];
  readonly deleted: number;
  readonly deletedKeyBytes: number;
}

export type ColumnType = 'f64' | 'bool' | 'json';

const MAGIC = 0x31424d54;

/** Bytes, one after the other, that grow as they are needed. */
export class ByteList {
  bytes = new Uint8Array(256);
  length = 0;

  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const longer = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    longer.set(this.bytes.subarray(0, this.length));
    this.bytes = longer;
  }

  add(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  addText(text: string): void {
    this.reserve(utf8BytesMax(text));
    this.length = writeUtf8(this.bytes, this.length, text);
  }

  taken(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

export type Section = Uint8Array | Uint32Array | Float64Array;

/** Puts a block together: the header, then the sections as they are given. */
export function assembleBlock(header: BlockHeader, sections: readonly Section[]): Uint8Array {
  const head = new ByteList();
  head.addText(JSON.stringify(header));
  const start = 8 + padded(head.length);
  const length = sections.reduce((sum, { byteLength }) => sum + padded(byteLength), start);
  const block = new Uint8Array(length);
  const view = new DataView(block.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, head.length, true);
  block.set(head.taken(), 8);
  let at = start;
  for (const section of sections) {
    block.set(new Uint8Array(section.buffer, section.byteOffset, section.byteLength), at);
    at += padded(section.byteLength);
  }
  return block;
}

/** A block taken apart. Columns are views of its bytes where they can be. */
export interface ReadBlock {
  readonly header: BlockHeader;
  readonly slots: Uint8Array;
  readonly keys: HashedTexts;
  readonly columns: readonly (Float64Array | Uint8Array | Texts)[];
  readonly deletedSlots: Uint8Array;
  readonly deletedKeys: HashedTexts;
}

/** Texts, one after the other, by their exclusive ends. */
export interface Texts {
  readonly ends: Uint32Array;
  readonly bytes: Uint8Array;
}

/** With `hashOfBytes` of each. */
export interface HashedTexts extends Texts {
  readonly hashes: Int32Array;
}

export const textAt = ({ ends, bytes }: Texts, row: number): string =>
  textOfUtf8(bytes, row === 0 ? 0 : (ends[row - 1] ?? 0), ends[row] ?? 0);

/** @throws RangeError, TypeError or SyntaxError for bytes that are no block: they may come from anybody. */
export function readBlock(bytes: Uint8Array): ReadBlock {
  // Typed arrays begin at multiples of their width.
  const block = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  if (block.length < 8 || view.getUint32(0, true) !== MAGIC) throw new RangeError('no state block');
  const headLength = view.getUint32(4, true);
  if (8 + headLength > block.length) throw new RangeError('a state block without its header');
  const header = readHeader(textOfUtf8(block, 8, 8 + headLength));
  let at = 8 + padded(headLength);
  const section = (length: number): { readonly at: number; readonly length: number } => {
    const from = at;
    at += padded(length);
    if (!(length >= 0) || at > block.length) throw new RangeError('a state block that ends too early');
    return { at: block.byteOffset + from, length };
  };
  const u8 = (length: number): Uint8Array => new Uint8Array(block.buffer, section(length).at, length);
  const u32 = (count: number): Uint32Array => new Uint32Array(block.buffer, section(4 * count).at, count);
  const texts = (count: number, length: number): Texts => {
    const ends = u32(count);
    if (!isAscending(ends, length)) throw new RangeError('a state block whose texts overlap');
    return { ends, bytes: u8(length) };
  };
  const { rows } = header;
  const slots = u8(rows);
  const keys = hashed(texts(rows, header.keyBytes), slots);
  let json = 0;
  const columns = header.columns.map(({ type }) => {
    if (type === 'f64') return new Float64Array(block.buffer, section(8 * rows).at, rows);
    return type === 'bool' ? u8(rows) : texts(rows, header.jsonBytes[json++] ?? -1);
  });
  const deletedSlots = u8(header.deleted);
  const deletedKeys = hashed(texts(header.deleted, header.deletedKeyBytes), deletedSlots);
  if (at !== block.length) throw new RangeError('a state block with more behind it');
  return { header, slots, keys, columns, deletedSlots, deletedKeys };
}

function readHeader(text: string): BlockHeader {
  const header = JSON.parse(text) as BlockHeader;
  const { table, clear, rows, rowsInAll = 0, columns, keyBytes, jsonBytes, deleted, deletedKeyBytes } = header;
  const counts: readonly unknown[] = [rows, rowsInAll, keyBytes, deleted, deletedKeyBytes, ...jsonBytes];
  const isColumn = ({ name, type }: BlockHeader['columns'][number]): boolean =>
    typeof name === 'string' && COLUMN_TYPES.includes(type);
  const json = columns.filter(({ type }) => type === 'json').length;
  if (typeof table !== 'string' || typeof clear !== 'boolean' || !columns.every(isColumn) || jsonBytes.length !== json)
    throw new RangeError('a state block with a wrong header');
  if (!counts.every((count) => Number.isSafeInteger(count) && (count as number) >= 0))
    throw new RangeError('a state block with a wrong count');
  return header;
}

const COLUMN_TYPES: readonly ColumnType[] = ['f64', 'bool', 'json'];

/** Whether these can be exclusive ends of texts that have `length` bytes together. */
function isAscending(ends: Uint32Array, length: number): boolean {
  // By index: in a loop that is not compiled yet, an iterator is slow.
  for (let row = 1; row < ends.length; row += 1) if ((ends[row] ?? 0) < (ends[row - 1] ?? 0)) return false;
  return (ends.at(-1) ?? 0) === length;
}

/** The keys of rows, which must lie in the slots that their hashes say. */
function hashed({ ends, bytes }: Texts, slots: Uint8Array): HashedTexts {
  const hashes = new Int32Array(ends.length);
  let from = 0;
  for (let row = 0; row < hashes.length; row += 1) {
    const to = ends[row] ?? 0;
    // No JSON text is empty; by its length, such a key would be taken for a long one.
    if (to === from) throw new RangeError('a key without a text');
    const hash = hashOfBytes(bytes, from, to);
    if (slots[row] !== (hash >>> 0) % KEY_SLOTS) throw new RangeError('a key lies in the wrong slot');
    hashes[row] = hash;
    from = to;
  }
  return { ends, bytes, hashes };
}

const padded = (length: number): number => (length + 7) & ~7;
