import { assembleBlock, ByteList, type BlockHeader, type Section } from './state-block.js';
import type { KeyDictionary } from './key-dictionary.js';
import type { Column, ColumnSpec } from './column.js';

/** Keys whose rows are gone: JSON texts one after the other, their exclusive ends, and their slots. */
export interface DeletedKeys {
  readonly keys: ByteList;
  readonly ends: number[];
  readonly slots: number[];
}

export interface FrozenBlock {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly deleted: number;
}

/** The table whose rows are frozen. */
interface TableToFreeze {
  readonly name: string;
  readonly keys: KeyDictionary;
  readonly specs: readonly ColumnSpec[];
  readonly columns: readonly Column[];
  /** All frozen rows are taken. */
  thaw(): void;
}

/** Rows of a table as of a batch boundary. Owner: whoever takes the snapshot; block by block, while batches go on. */
export class FrozenTable {
  private readonly ids: Int32Array;
  private readonly columns: readonly Column[];
  private readonly deleted: DeletedKeys;
  private clear: boolean;
  private at = 0;
  private deletedAt = 0;
  private started = false;

  constructor(
    private readonly table: TableToFreeze,
    frozen: { readonly ids: Int32Array; readonly clear: boolean; readonly deleted: DeletedKeys },
  ) {
    this.ids = frozen.ids;
    this.clear = frozen.clear;
    this.deleted = frozen.deleted;
    this.columns = table.columns.map((column) => gather(column, frozen.ids));
  }

  /** The next block of about `bytesMax` bytes; undefined at the end, when the table is thawed again. */
  next(bytesMax: number): FrozenBlock | undefined {
    const rows = this.rowsWithin(bytesMax);
    const deleted = this.deletedWithin(rows === 0 || this.deletedAt > 0 ? bytesMax : bytesMax / 2);
    if (rows === 0 && deleted === 0 && this.started) {
      this.table.thaw();
      return undefined;
    }
    this.started = true;
    // Removed keys go before rows: a key may have been removed and added again.
    const block = deleted > 0 ? this.deletedBlock(deleted) : this.rowsBlock(rows);
    this.clear = false;
    return block;
  }

  private rowsWithin(bytesMax: number): number {
    const { keys, specs } = this.table;
    const fixed = 5 + specs.reduce((sum, { type }) => sum + ({ f64: 8, bool: 1, json: 24 } as const)[type], 0);
    let bytes = 0;
    let rows = 0;
    for (let i = this.at; i < this.ids.length && bytes < bytesMax; i += 1) {
      bytes += fixed + keys.byteLength(this.ids[i] ?? 0);
      rows += 1;
    }
    return rows;
  }

  private deletedWithin(bytesMax: number): number {
    const { ends } = this.deleted;
    const from = this.deletedAt === 0 ? 0 : (ends[this.deletedAt - 1] ?? 0);
    let count = 0;
    while (this.deletedAt + count < ends.length && (ends[this.deletedAt + count] ?? 0) - from + 5 * count < bytesMax)
      count += 1;
    return this.deletedAt < ends.length ? Math.max(1, count) : 0;
  }

  private header(parts: Partial<BlockHeader>): BlockHeader {
    return {
      table: this.table.name,
      clear: this.clear,
      rows: 0,
      columns: this.table.specs.map(({ name, type }) => ({ name, type })),
      keyBytes: 0,
      jsonBytes: this.table.specs.filter(({ type }) => type === 'json').map(() => 0),
      deleted: 0,
      deletedKeyBytes: 0,
      ...parts,
    };
  }

  private deletedBlock(count: number): FrozenBlock {
    const { keys, ends, slots } = this.deleted;
    const from = this.deletedAt;
    const start = from === 0 ? 0 : (ends[from - 1] ?? 0);
    const ownEnds = Uint32Array.from(ends.slice(from, from + count), (end) => end - start);
    const bytes = keys.bytes.subarray(start, start + (ownEnds.at(-1) ?? 0));
    this.deletedAt += count;
    const header = this.header({ deleted: count, deletedKeyBytes: bytes.length });
    const noRows = this.table.specs.flatMap(({ type }): Section[] =>
      type === 'json' ? [new Uint32Array(0), new Uint8Array(0)] : [new Uint8Array(0)],
    );
    const sections = [new Uint8Array(0), new Uint32Array(0), new Uint8Array(0), ...noRows];
    const own = [Uint8Array.from(slots.slice(from, from + count)), ownEnds, bytes];
    return { bytes: assembleBlock(header, [...sections, ...own]), rows: 0, deleted: count };
  }

  private rowsBlock(rows: number): FrozenBlock {
    const { keys, specs } = this.table;
    const from = this.at;
    const slots = new Uint8Array(rows);
    const keyEnds = new Uint32Array(rows);
    const keyBytes = new ByteList();
    for (let row = 0; row < rows; row += 1) {
      const id = this.ids[from + row] ?? 0;
      slots[row] = keys.slot(id);
      keyBytes.reserve(keys.byteLength(id));
      keyEnds[row] = keyBytes.length = keys.copyTo(keyBytes.bytes, keyBytes.length, id);
    }
    const jsonBytes: number[] = [];
    const columns = specs.flatMap(({ type }, index): Section[] => {
      if (type !== 'json') return [(this.columns[index] as Float64Array).subarray(from, from + rows)];
      const texts = jsonTexts(this.columns[index] as unknown[], from, rows);
      jsonBytes.push(texts.bytes.length);
      return [texts.ends, texts.bytes];
    });
    this.at += rows;
    const header = this.header({ rows, keyBytes: keyBytes.length, jsonBytes });
    const noDeleted = [new Uint8Array(0), new Uint32Array(0), new Uint8Array(0)];
    const bytes = assembleBlock(header, [slots, keyEnds, keyBytes.taken(), ...columns, ...noDeleted]);
    return { bytes, rows, deleted: 0 };
  }
}

function gather(column: Column, ids: Int32Array): Column {
  if (Array.isArray(column)) return Array.from(ids, (id) => column[id]);
  const values = column instanceof Float64Array ? new Float64Array(ids.length) : new Uint8Array(ids.length);
  for (let i = 0; i < ids.length; i += 1) values[i] = column[ids[i] ?? 0] ?? 0;
  return values;
}

function jsonTexts(values: readonly unknown[], from: number, rows: number): { ends: Uint32Array; bytes: Uint8Array } {
  const ends = new Uint32Array(rows);
  const texts = new ByteList();
  for (let row = 0; row < rows; row += 1) {
    const value = values[from + row];
    if (value !== undefined) texts.addText(JSON.stringify(value));
    ends[row] = texts.length;
  }
  return { ends, bytes: texts.taken() };
}
