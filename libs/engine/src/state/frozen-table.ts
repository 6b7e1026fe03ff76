import type { DeletedKeys } from './deleted-keys.js';
import { assembleBlock, ByteList, type BlockHeader, type Section } from './state-block.js';
import type { KeyDictionary } from './key-dictionary.js';
import type { Column, ColumnSpec } from './column.js';

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
  /** All frozen rows are taken; the columns that held them may be used again. */
  thaw(columns: readonly Column[]): void;
}

/** Rows of a table as of a batch boundary. Owner: whoever takes the snapshot; block by block, while batches go on. */
export class FrozenTable {
  private readonly ids: Int32Array | undefined;
  private readonly rows: number;
  private readonly columns: readonly Column[];
  private readonly deleted: DeletedKeys;
  private clear: boolean;
  private at = 0;
  private deletedAt = 0;
  private started = false;
  private clearAlone: boolean;

  constructor(
    private readonly table: TableToFreeze,
    frozen: {
      /** Undefined for all from 0 on. */
      readonly ids: Int32Array | undefined;
      readonly rows: number;
      readonly clear: boolean;
      readonly deleted: DeletedKeys;
      /** Columns of an earlier snapshot that nobody reads any more: memory that was used before is quicker to fill. */
      readonly spare?: readonly Column[] | undefined;
      /** The first block has no rows, so that others can be put in behind it. */
      readonly clearAlone?: boolean;
    },
  ) {
    this.ids = frozen.ids;
    this.rows = frozen.rows;
    this.clear = frozen.clear;
    this.deleted = frozen.deleted;
    this.clearAlone = frozen.clearAlone === true && frozen.clear;
    this.columns = table.columns.map((column, index) => gather(column, frozen, frozen.spare?.[index]));
  }

  /** The next block of about `bytesMax` bytes; undefined at the end, when the table is thawed again. */
  next(bytesMax: number): FrozenBlock | undefined {
    const isOver = this.at === this.rows && this.deletedAt === this.deleted.count;
    if (isOver && this.started) {
      this.table.thaw(this.columns);
      return undefined;
    }
    this.started = true;
    if (this.clearAlone) {
      this.clearAlone = false;
      const block = this.rowsBlock(0);
      this.clear = false;
      return block;
    }
    // Removed keys go before rows: a key may have been removed and added again.
    const block = this.deletedAt < this.deleted.count ? this.deletedBlock(bytesMax) : this.rowsBlock(bytesMax);
    this.clear = false;
    return block;
  }

  private header(parts: Partial<BlockHeader>): BlockHeader {
    return {
      table: this.table.name,
      clear: this.clear,
      rows: 0,
      ...(this.clear ? { rowsInAll: this.rows } : {}),
      columns: this.table.specs.map(({ name, type }) => ({ name, type })),
      keyBytes: 0,
      jsonBytes: this.table.specs.filter(({ type }) => type === 'json').map(() => 0),
      deleted: 0,
      deletedKeyBytes: 0,
      ...parts,
    };
  }

  private deletedBlock(bytesMax: number): FrozenBlock {
    const { slots, ends, bytes } = this.deleted.slice(this.deletedAt, bytesMax);
    const deleted = slots.length;
    this.deletedAt += deleted;
    const header = this.header({ deleted, deletedKeyBytes: bytes.length });
    const noRows = this.table.specs.flatMap(({ type }): Section[] =>
      type === 'json' ? [new Uint32Array(0), new Uint8Array(0)] : [new Uint8Array(0)],
    );
    const sections = [new Uint8Array(0), new Uint32Array(0), new Uint8Array(0), ...noRows, slots, ends, bytes];
    return { bytes: assembleBlock(header, sections), rows: 0, deleted };
  }

  private rowsBlock(bytesMax: number): FrozenBlock {
    const { keys } = this.table;
    const from = this.at;
    const rowsMax = Math.min(this.rows - from, Math.ceil(bytesMax / this.bytesPerRow()));
    const slots = new Uint8Array(rowsMax);
    const keyEnds = new Uint32Array(rowsMax);
    const keyBytes = new ByteList();
    const texts = this.columns.flatMap((column) => (Array.isArray(column) ? [new TextColumn(column, rowsMax)] : []));
    let rows = 0;
    for (let bytes = 0; rows < rowsMax && bytes < bytesMax; rows += 1) {
      const id = this.ids === undefined ? from + rows : (this.ids[from + rows] ?? 0);
      slots[rows] = keys.slot(id);
      keyBytes.reserve(keys.byteLength(id));
      keyEnds[rows] = keyBytes.length = keys.copyTo(keyBytes.bytes, keyBytes.length, id);
      bytes = keyBytes.length + rows * this.bytesPerRow();
      for (const column of texts) bytes += column.add(from + rows, rows);
    }
    this.at += rows;
    let json = 0;
    const columns = this.columns.flatMap((column): Section[] =>
      Array.isArray(column) ? (texts[json++]?.sections(rows) ?? []) : [column.subarray(from, from + rows)],
    );
    const header = this.header({ rows, keyBytes: keyBytes.length, jsonBytes: texts.map((column) => column.length) });
    const noDeleted = [new Uint8Array(0), new Uint32Array(0), new Uint8Array(0)];
    const own = [slots.subarray(0, rows), keyEnds.subarray(0, rows), keyBytes.taken()];
    return { bytes: assembleBlock(header, [...own, ...columns, ...noDeleted]), rows, deleted: 0 };
  }

  /** Without keys and texts. */
  private bytesPerRow(): number {
    return 5 + this.table.specs.reduce((sum, { type }) => sum + ({ f64: 8, bool: 1, json: 4 } as const)[type], 0);
  }
}

/** A json column of one block: texts as they are asked for, so that a block ends in time whatever lies in its rows. */
class TextColumn {
  private readonly ends: Uint32Array;
  private readonly texts = new ByteList();

  constructor(
    private readonly values: readonly unknown[],
    rowsMax: number,
  ) {
    this.ends = new Uint32Array(rowsMax);
  }

  get length(): number {
    return this.texts.length;
  }

  /** @returns how long the column is with this one. */
  add(index: number, row: number): number {
    const value = this.values[index];
    if (value !== undefined) this.texts.addText(JSON.stringify(value));
    return (this.ends[row] = this.texts.length);
  }

  sections(rows: number): Section[] {
    return [this.ends.subarray(0, rows), this.texts.taken()];
  }
}

/** What a column holds at these ids; a copy of memory where they are all from 0 on. */
function gather(
  column: Column,
  { ids, rows }: { readonly ids: Int32Array | undefined; readonly rows: number },
  spare: Column | undefined,
): Column {
  if (Array.isArray(column)) return ids === undefined ? column.slice(0, rows) : valuesAt(column, ids);
  if (column instanceof Float64Array) {
    const room = spare instanceof Float64Array && spare.length >= rows ? spare : new Float64Array(rows);
    return ids === undefined ? copied(column, room, rows) : numbersAt(column, ids, room);
  }
  const room = spare instanceof Uint8Array && spare.length >= rows ? spare : new Uint8Array(rows);
  return ids === undefined ? copied(column, room, rows) : flagsAt(column, ids, room);
}

function copied<T extends Float64Array | Uint8Array>(column: T, into: T, length: number): T {
  into.set(column.subarray(0, length));
  return into;
}

function valuesAt(column: readonly unknown[], ids: Int32Array): unknown[] {
  const values: unknown[] = [];
  for (const id of ids) values.push(column[id]);
  return values;
}

function numbersAt(column: Float64Array, ids: Int32Array, into: Float64Array): Float64Array {
  for (let i = 0; i < ids.length; i += 1) into[i] = column[ids[i] ?? 0] ?? 0;
  return into;
}

function flagsAt(column: Uint8Array, ids: Int32Array, into: Uint8Array): Uint8Array {
  for (let i = 0; i < ids.length; i += 1) into[i] = column[ids[i] ?? 0] ?? 0;
  return into;
}
