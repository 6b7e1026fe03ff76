import { KEY_SLOTS } from '@tidemark/domain';
import { hashOfBytes } from '../state/key-slot.js';
import {
  assembleBlock,
  ByteList,
  type BlockHeader,
  type ReadBlock,
  type Section,
  type Texts,
} from '../state/state-block.js';
import { COLD_KEY_BYTES_MAX } from '../state/spill.js';
import type { ColdChange } from './cold-store.port.js';

type Columns = BlockHeader['columns'];

/**
 * Rows of one table as they lie in a cold store, by the bytes of their keys' JSON texts. Scratch, never in a checkpoint:
 *
 * ```text
 * u8 layout · columns, in order: f64 · bool u8 · json u32 length and text
 * ```
 *
 * A layout is a list of columns: what was restored may have other ones than what the job writes now.
 */
export class ColdRows {
  private readonly layouts: Columns[] = [];
  private readonly byText = new Map<string, number>();

  constructor(private readonly table: string) {}

  /** What a block does to its table, but for emptying it first. */
  changesOf(block: ReadBlock): readonly ColdChange[] {
    const changes: ColdChange[] = keysOf(block.deletedKeys).map((key) => ({ key, row: undefined }));
    const { rows, columns, jsonBytes } = block.header;
    const layout = this.layoutOf(columns);
    const width = columns.reduce((sum, { type }) => sum + WIDTHS[type], 1);
    const bytes = new Uint8Array(rows * width + jsonBytes.reduce((sum, length) => sum + length, 0));
    const view = new DataView(bytes.buffer);
    let at = 0;
    keysOf(block.keys).forEach((key, row) => {
      const from = at;
      bytes[at++] = layout;
      for (let index = 0; index < columns.length; index += 1) {
        at = writeCell(view, at, { column: block.columns[index], type: columns[index]?.type, row });
      }
      changes.push({ key, row: bytes.subarray(from, at) });
    });
    return changes;
  }

  /** The rows as blocks: one for each layout that they have. */
  blocksOf(rows: readonly (readonly [key: Uint8Array, row: Uint8Array])[]): readonly RowsBlock[] {
    const byLayout = new Map<number, (readonly [Uint8Array, Uint8Array])[]>();
    for (const entry of rows) {
      const layout = entry[1][0] ?? 0;
      const same = byLayout.get(layout);
      if (same === undefined) byLayout.set(layout, [entry]);
      else same.push(entry);
    }
    return [...byLayout].map(([layout, same]) => ({
      bytes: this.blockOf(this.layouts[layout] ?? [], same),
      rows: same.length,
    }));
  }

  private blockOf(columns: Columns, rows: readonly (readonly [Uint8Array, Uint8Array])[]): Uint8Array {
    const slots = new Uint8Array(rows.length);
    const ends = new Uint32Array(rows.length);
    const keys = new ByteList();
    const cells = columns.map(({ type }) => new CellReader(type, rows.length));
    rows.forEach(([key, row], index) => {
      slots[index] = (hashOfBytes(key, 0, key.length) >>> 0) % KEY_SLOTS;
      keys.add(key);
      ends[index] = keys.length;
      const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
      let at = 1;
      for (const cell of cells) at = cell.read(view, at, index);
    });
    const header: BlockHeader = {
      table: this.table,
      clear: false,
      rows: rows.length,
      columns,
      keyBytes: keys.length,
      jsonBytes: cells.flatMap((cell) => (cell.type === 'json' ? [cell.texts.length] : [])),
      deleted: 0,
      deletedKeyBytes: 0,
    };
    const noDeleted = [new Uint8Array(0), new Uint32Array(0), new Uint8Array(0)];
    const sections = [slots, ends, keys.taken(), ...cells.flatMap((cell) => cell.sections()), ...noDeleted];
    return assembleBlock(header, sections);
  }

  private layoutOf(columns: Columns): number {
    const text = JSON.stringify(columns.map(({ name, type }) => [name, type]));
    const known = this.byText.get(text);
    if (known !== undefined) return known;
    if (this.layouts.length > 255) throw new RangeError('rows of more than 256 layouts');
    const layout = this.layouts.push(columns) - 1;
    this.byText.set(text, layout);
    return layout;
  }
}

export interface RowsBlock {
  readonly bytes: Uint8Array;
  readonly rows: number;
}

const WIDTHS = { f64: 8, bool: 1, json: 4 } as const;

/** The first key of the block that no cold store can take, if there is one. */
export const unfitKeyOf = ({ keys, deletedKeys }: ReadBlock): Uint8Array | undefined =>
  [...keysOf(keys), ...keysOf(deletedKeys)].find(({ length }) => length === 0 || length > COLD_KEY_BYTES_MAX);

export function keysOf({ ends, bytes }: Texts): readonly Uint8Array[] {
  const keys: Uint8Array[] = [];
  let from = 0;
  for (const to of ends) {
    keys.push(bytes.subarray(from, to));
    from = to;
  }
  return keys;
}

function writeCell(
  view: DataView,
  at: number,
  cell: {
    readonly column: ReadBlock['columns'][number] | undefined;
    readonly type: string | undefined;
    readonly row: number;
  },
): number {
  const { column, type, row } = cell;
  if (type === 'json') {
    const { ends, bytes } = column as Texts;
    const from = row === 0 ? 0 : (ends[row - 1] ?? 0);
    const to = ends[row] ?? 0;
    view.setUint32(at, to - from, true);
    new Uint8Array(view.buffer).set(bytes.subarray(from, to), at + 4);
    return at + 4 + to - from;
  }
  const value = (column as Float64Array | Uint8Array)[row] ?? 0;
  if (type === 'f64') view.setFloat64(at, value, true);
  else view.setUint8(at, value);
  return at + (type === 'f64' ? 8 : 1);
}

/** One column of a block that is being made. */
class CellReader {
  readonly texts = new ByteList();
  private readonly numbers: Float64Array;
  private readonly others: Uint32Array;

  constructor(
    readonly type: Columns[number]['type'],
    rows: number,
  ) {
    this.numbers = new Float64Array(type === 'f64' ? rows : 0);
    this.others = new Uint32Array(type === 'f64' ? 0 : rows);
  }

  /** @returns the position behind the cell. */
  read(view: DataView, at: number, row: number): number {
    switch (this.type) {
      case 'f64':
        this.numbers[row] = view.getFloat64(at, true);
        return at + 8;
      case 'bool':
        this.others[row] = view.getUint8(at);
        return at + 1;
      case 'json': {
        const length = view.getUint32(at, true);
        this.texts.add(new Uint8Array(view.buffer, view.byteOffset + at + 4, length));
        this.others[row] = this.texts.length;
        return at + 4 + length;
      }
    }
  }

  sections(): readonly Section[] {
    if (this.type === 'f64') return [this.numbers];
    return this.type === 'bool' ? [Uint8Array.from(this.others)] : [this.others, this.texts.taken()];
  }
}
