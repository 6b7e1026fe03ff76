// State block, version 1: what changed in one table of one operator. Little endian; docs/formats/checkpoint-v2.md.
//
//   u32 magic "TMB1", u32 length of the header, header (JSON), zeros up to a multiple of 8 from the block's start
//   slots u8[rows] | keyEnds u32[rows] | keys | columns, in order | deletedSlots u8[deleted] | deletedEnds u32[deleted] | deletedKeys
//   a column: f64[rows], or u8[rows] of 0 and 1, or u32[rows] ends and then the JSON texts
//
// Each section is padded like the header. Ends are exclusive and counted from the start of the bytes that they divide.
import { isUtf8 } from 'node:buffer';
import { KEY_SLOTS, TidemarkError } from '@tidemark/domain';
import { z } from 'zod';

export const BLOCK_MAGIC = 0x31_42_4d_54;
export const ALIGNMENT = 8;
/** Magic and header length. */
export const PREFIX_BYTES = 8;
const HEADER_BYTES_MAX = 64 * 1024;

const count = z.int().nonnegative();

const headerSchema = z
  .strictObject({
    table: z.string(),
    clear: z.boolean(),
    rows: count,
    /** In the first block of a table that is given as a whole: how many rows its blocks have together. */
    rowsInAll: count.exactOptional(),
    columns: z.array(z.strictObject({ name: z.string(), type: z.enum(['f64', 'bool', 'json']) })).readonly(),
    keyBytes: count,
    /** One for each column of type json, in order. */
    jsonBytes: z.array(count).readonly(),
    deleted: count,
    deletedKeyBytes: count,
  })
  .readonly();
export type BlockHeader = z.infer<typeof headerSchema>;

/** Texts one after the other: the n-th ends before `ends[n]`. */
export interface Texts {
  readonly ends: Uint32Array;
  readonly bytes: Uint8Array;
}

export type ColumnView =
  | { readonly name: string; readonly type: 'f64'; readonly values: Float64Array }
  /** 0 or 1. */
  | { readonly name: string; readonly type: 'bool'; readonly values: Uint8Array }
  /** JSON texts; an empty one is a value that is absent. */
  | { readonly name: string; readonly type: 'json'; readonly texts: Texts };

/** A block whose every length, end and slot was checked. Keys and JSON are valid UTF-8; that they are JSON is not known. */
export interface BlockView {
  readonly table: string;
  /** The table is emptied before anything else of the block is applied. */
  readonly clear: boolean;
  readonly rows: number;
  readonly deleted: number;
  readonly slots: Uint8Array;
  readonly keys: Texts;
  readonly columns: readonly ColumnView[];
  readonly deletedSlots: Uint8Array;
  readonly deletedKeys: Texts;
}

type Refuse = (reason: string) => Error;

/**
 * Views of a block, which may come from a tenant's code: throws what `refuse` makes of the reason when anything in its
 * structure is wrong. Views share the block's memory where that is aligned to 8 bytes, and a copy of it otherwise.
 */
export function readBlock(bytes: Uint8Array, refuse: Refuse = unreadable): BlockView {
  const aligned = bytes.byteOffset % ALIGNMENT === 0 ? bytes : Uint8Array.from(bytes);
  const { header, end } = readHeader(aligned, refuse);
  const sections = new Sections(aligned, end, refuse);
  const { table, clear, rows, deleted } = header;
  const slots = sections.slots(rows);
  const keys = sections.keys(rows, header.keyBytes);
  const columns = readColumns(header, sections, refuse);
  const deletedSlots = sections.slots(deleted);
  const deletedKeys = sections.keys(deleted, header.deletedKeyBytes);
  sections.finish();
  return { table, clear, rows, deleted, slots, keys, columns, deletedSlots, deletedKeys };
}

function readHeader(bytes: Uint8Array, refuse: Refuse): { readonly header: BlockHeader; readonly end: number } {
  if (bytes.length < PREFIX_BYTES) throw refuse('it is shorter than its prefix');
  const prefix = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES);
  if (prefix.getUint32(0, true) !== BLOCK_MAGIC) throw refuse('it is not a state block of version 1');
  const length = prefix.getUint32(4, true);
  if (length > HEADER_BYTES_MAX) throw refuse(`its header has ${length} bytes`);
  const end = PREFIX_BYTES + length;
  if (end > bytes.length) throw refuse('its header is cut off');
  const read = headerSchema.safeParse(parseHeader(bytes.subarray(PREFIX_BYTES, end), refuse));
  if (!read.success) throw refuse('its header is not one of version 1');
  const { columns, jsonBytes } = read.data;
  if (columns.filter(({ type }) => type === 'json').length !== jsonBytes.length) {
    throw refuse('its header does not give one length for each json column');
  }
  if (new Set(columns.map(({ name }) => name)).size !== columns.length) throw refuse('it has a column twice');
  return { header: read.data, end };
}

function parseHeader(bytes: Uint8Array, refuse: Refuse): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refuse('its header is not JSON');
  }
}

function readColumns(header: BlockHeader, sections: Sections, refuse: Refuse): readonly ColumnView[] {
  const { rows } = header;
  const jsonBytes = header.jsonBytes.values();
  return header.columns.map(({ name, type }): ColumnView => {
    switch (type) {
      case 'f64':
        return { name, type, values: sections.f64(rows) };
      case 'bool': {
        const values = sections.bytes(rows);
        for (const value of values) if (value > 1) throw refuse(`column "${name}" has a boolean of ${value}`);
        return { name, type, values };
      }
      case 'json':
        return { name, type, texts: sections.texts(rows, jsonBytes.next().value ?? 0, { empty: true }) };
    }
  });
}

/** Takes one section after the other from a block, and none past its end. */
class Sections {
  private position: number;

  constructor(
    private readonly block: Uint8Array,
    headerEnd: number,
    private readonly refuse: Refuse,
  ) {
    this.position = padded(headerEnd);
  }

  bytes(length: number): Uint8Array {
    const at = this.take(length);
    return this.block.subarray(at, at + length);
  }

  slots(rows: number): Uint8Array {
    const slots = this.bytes(rows);
    // By index, here and below: in a loop that is not compiled yet, as in a run's first seconds, an iterator is slow.
    for (let row = 0; row < rows; row += 1) {
      if ((slots[row] ?? 0) >= KEY_SLOTS) throw this.refuse(`a row has the key slot ${String(slots[row])}`);
    }
    return slots;
  }

  f64(rows: number): Float64Array {
    const at = this.take(rows * Float64Array.BYTES_PER_ELEMENT);
    return new Float64Array(this.block.buffer, this.block.byteOffset + at, rows);
  }

  keys(rows: number, length: number): Texts {
    return this.texts(rows, length, { empty: false });
  }

  texts(rows: number, length: number, { empty }: { readonly empty: boolean }): Texts {
    const at = this.take(rows * Uint32Array.BYTES_PER_ELEMENT);
    const ends = new Uint32Array(this.block.buffer, this.block.byteOffset + at, rows);
    const bytes = this.bytes(length);
    if (!isUtf8(bytes)) throw this.refuse('a text is not UTF-8');
    const shortest = empty ? 0 : 1;
    let previous = 0;
    for (let row = 0; row < rows; row += 1) {
      const end = ends[row] ?? 0;
      // A byte of the form 10xxxxxx goes on with a character: no text may begin there.
      if (end < previous + shortest || end > length || ((bytes[end] ?? 0) & 0xc0) === 0x80) {
        throw this.refuse('the ends of its texts do not fit');
      }
      previous = end;
    }
    if (previous !== length) throw this.refuse('its texts are longer than their ends say');
    return { ends, bytes };
  }

  finish(): void {
    if (this.position !== this.block.length) throw this.refuse('it is longer than its header says');
  }

  /** Answers where the section begins. Lengths of the header may be of any size, so they are held against the rest. */
  private take(length: number): number {
    const start = this.position;
    if (start + length > this.block.length) throw this.refuse('it is shorter than its header says');
    this.position = padded(start + length);
    if (this.position > this.block.length) throw this.refuse('its last section is not padded');
    return start;
  }
}

/** The next multiple of the alignment. */
export const padded = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

const unreadable: Refuse = (reason) => new TidemarkError('checkpoint_unreadable', { path: 'a state block', reason });
