import type { Key } from '@tidemark/streams';
import { hashOfBytes } from '../graph/key-slot.js';
import type { Column, ColumnSpec } from './column.js';
import { FrozenTable, type DeletedKeys } from './frozen-table.js';
import { grown, KeyDictionary } from './key-dictionary.js';
import { ByteList, textAt, type ReadBlock, type Texts } from './state-block.js';

export type { Column, ColumnSpec } from './column.js';

const TOUCHED = 1;
const DIRTY = 2;

/**
 * Keyed state: a row for each key, in typed columns that are indexed by the id of the key.
 *
 * Knows which rows were touched in this batch, and which have changed since the last snapshot. While a snapshot is being
 * handed out ({@link isFrozen}), values of json columns may be replaced but not changed in place.
 *
 * Its owner is one operator. Columns are exchanged for longer ones when a key is added: read them anew after that.
 */
export class StateTable {
  keys = new KeyDictionary();
  readonly columns: Column[];
  /** Ids of the rows touched in this batch; the first {@link touchedCount} count. */
  touched: Int32Array;
  touchedCount = 0;
  /** How often it has been frozen. */
  freezes = 0;
  private flags: Uint8Array;
  private dirty: Int32Array;
  private dirtyCount = 0;
  private deleted: DeletedKeys = noDeletedKeys();
  private frozen: FrozenTable | undefined;
  /** Rows that a checkpoint may still hold are to be emptied first. */
  private clearNext = false;

  constructor(
    readonly name: string,
    readonly specs: readonly ColumnSpec[],
  ) {
    const { capacity } = this.keys;
    this.columns = specs.map((spec) => newColumn(spec, capacity));
    this.touched = new Int32Array(capacity);
    this.dirty = new Int32Array(capacity);
    this.flags = new Uint8Array(capacity);
  }

  get size(): number {
    return this.keys.size;
  }

  get isFrozen(): boolean {
    return this.frozen !== undefined;
  }

  f64(index: number): Float64Array {
    return this.columns[index] as Float64Array;
  }

  json(index: number): unknown[] {
    return this.columns[index] as unknown[];
  }

  /** @returns the id of the row of `key`, or -1. */
  find(key: Key): number {
    return this.keys.findKey(key);
  }

  /** @returns the id of the row of `key`; a new row if there is none. */
  idOf(key: Key): number {
    return this.asRow(this.keys.idOfKey(key));
  }

  /** The same for a key that is there as the bytes of its JSON text. */
  idOfBytes(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashOfBytes(bytes, from, to);
    const id = this.keys.find(bytes, from, to, hash);
    return id >= 0 ? id : this.asRow(this.keys.add(bytes, from, to, hash));
  }

  /** {@link find} for a key that is there as the bytes of its JSON text. */
  findBytes(bytes: Uint8Array, from: number, to: number): number {
    return this.keys.find(bytes, from, to, hashOfBytes(bytes, from, to));
  }

  /** The same for a key of another table. */
  idOfOther(other: StateTable, id: number): number {
    return this.asRow(this.keys.idOfOther(other.keys, id));
  }

  isHeld(id: number): boolean {
    return this.keys.isHeld(id);
  }

  /** The row of a key of another table, or -1. */
  findOther(other: StateTable, id: number): number {
    return this.keys.findOther(other.keys, id);
  }

  /** Says that the row is used in this batch, and with that changed. */
  touch(id: number): void {
    const flags = this.flags[id] ?? 0;
    if ((flags & TOUCHED) !== 0) return;
    this.flags[id] = flags | TOUCHED;
    this.touched[this.touchedCount++] = id;
  }

  isTouched(id: number): boolean {
    return ((this.flags[id] ?? 0) & TOUCHED) !== 0;
  }

  /** Forgets which rows were touched; they stay changed. Call at the end of the batch, after looking at them. */
  untouch(): void {
    for (let i = 0; i < this.touchedCount; i += 1) {
      const id = this.touched[i] ?? 0;
      this.flags[id] = (this.flags[id] ?? 0) & ~TOUCHED;
      this.change(id);
    }
    this.touchedCount = 0;
  }

  /** Says that the row has changed, for the next snapshot. */
  change(id: number): void {
    const flags = this.flags[id] ?? 0;
    if ((flags & DIRTY) !== 0) return;
    this.flags[id] = flags | DIRTY;
    this.dirty[this.dirtyCount++] = id;
  }

  remove(id: number): void {
    this.deleted.keys.add(this.keys.bytes(id));
    this.deleted.ends.push(this.deleted.keys.length);
    this.deleted.slots.push(this.keys.slot(id));
    this.keys.remove(id);
    this.reset(id);
  }

  /** Removes every row. */
  clear(): void {
    // Ids begin anew, unless those of the rows that are gone are still being read.
    if (this.isFrozen) for (const id of this.ids()) this.keys.remove(id);
    else this.keys = new KeyDictionary();
    this.touchedCount = 0;
    this.forgetChanges();
    this.flags.fill(0);
    this.resetAll();
    this.clearNext = true;
  }

  *ids(): Iterable<number> {
    for (let id = 0; id < this.keys.idsUsed; id += 1) if (this.keys.isHeld(id)) yield id;
  }

  /**
   * Freezes what a snapshot needs: all rows, or those that have changed since the last one. Costs a copy of their typed
   * columns. Undefined if nothing has changed. The frozen rows are taken to the end, or {@link thaw} is called.
   */
  freeze(kind: 'full' | 'delta'): FrozenTable | undefined {
    if (this.frozen !== undefined) throw new RangeError('the table is frozen already');
    const full = kind === 'full';
    const ids = full
      ? Int32Array.from(this.ids())
      : this.dirty.slice(0, this.dirtyCount).filter((id) => this.isHeld(id));
    const clear = full || this.clearNext;
    const deleted = full ? noDeletedKeys() : this.deleted;
    this.forgetChanges();
    if (ids.length === 0 && deleted.ends.length === 0 && !clear) return undefined;
    this.keys.pin();
    this.freezes += 1;
    this.frozen = new FrozenTable(this, { ids, clear, deleted });
    return this.frozen;
  }

  thaw(): void {
    this.frozen = undefined;
    this.keys.unpin();
  }

  /** Applies a block of a checkpoint. Rows that are restored do not count as changed. Throws for a block that does not fit. */
  apply(block: ReadBlock): void {
    const { header, keys, deletedKeys } = block;
    if (header.clear) {
      this.keys = new KeyDictionary();
      this.resetAll();
    }
    forEachText(deletedKeys, (from, to) => {
      const id = this.keys.find(deletedKeys.bytes, from, to, hashOfBytes(deletedKeys.bytes, from, to));
      if (id >= 0) this.removeSilently(id);
    });
    const ids = new Int32Array(header.rows);
    forEachText(keys, (from, to, row) => {
      ids[row] = this.idOfBytes(keys.bytes, from, to);
    });
    this.specs.forEach(({ name, type }, index) => {
      const stored = header.columns.findIndex((column) => column.name === name && column.type === type);
      const values = block.columns[stored];
      if (values === undefined) throw new RangeError(`the state has no column "${name}" of type ${type}`);
      if (type === 'json') setJson(this.json(index), ids, values as Texts);
      else setNumbers(this.columns[index] as Float64Array | Uint8Array, ids, values as Float64Array);
    });
  }

  private asRow(id: number): number {
    if (this.keys.capacity > this.flags.length) this.grow(this.keys.capacity);
    return id;
  }

  private grow(capacity: number): void {
    this.flags = grown(this.flags, new Uint8Array(capacity));
    this.touched = grown(this.touched, new Int32Array(capacity));
    this.dirty = grown(this.dirty, new Int32Array(capacity));
    this.specs.forEach((spec, index) => {
      const column = this.columns[index];
      if (column instanceof Float64Array)
        this.columns[index] = grown(column, newColumn(spec, capacity) as Float64Array);
      else if (column instanceof Uint8Array)
        this.columns[index] = grown(column, newColumn(spec, capacity) as Uint8Array);
    });
  }

  private removeSilently(id: number): void {
    this.keys.remove(id);
    this.reset(id);
  }

  /** Puts a row back to what a new key has. */
  reset(id: number): void {
    this.specs.forEach(({ type, initial = 0 }, index) => {
      if (type === 'json') this.json(index)[id] = undefined;
      else (this.columns[index] as Float64Array)[id] = initial;
    });
  }

  /** Puts every row back to what a new key has; that is no change by itself. */
  resetAll(): void {
    this.columns.forEach((column, index) => {
      if (Array.isArray(column)) column.fill(undefined);
      else column.fill(this.specs[index]?.initial ?? 0);
    });
  }

  private forgetChanges(): void {
    for (let i = 0; i < this.dirtyCount; i += 1) {
      const id = this.dirty[i] ?? 0;
      this.flags[id] = (this.flags[id] ?? 0) & ~DIRTY;
    }
    this.dirtyCount = 0;
    this.deleted = noDeletedKeys();
    this.clearNext = false;
  }
}

const noDeletedKeys = (): DeletedKeys => ({ keys: new ByteList(), ends: [], slots: [] });

function newColumn({ type, initial = 0 }: ColumnSpec, capacity: number): Column {
  if (type === 'json') return [];
  const column = type === 'f64' ? new Float64Array(capacity) : new Uint8Array(capacity);
  return initial === 0 ? column : column.fill(initial);
}

function forEachText({ ends }: Texts, visit: (from: number, to: number, index: number) => void): void {
  let from = 0;
  for (let index = 0; index < ends.length; index += 1) {
    const to = ends[index] ?? 0;
    visit(from, to, index);
    from = to;
  }
}

function setNumbers(column: Float64Array | Uint8Array, ids: Int32Array, values: Float64Array | Uint8Array): void {
  for (let row = 0; row < ids.length; row += 1) column[ids[row] ?? 0] = values[row] ?? 0;
}

function setJson(column: unknown[], ids: Int32Array, values: Texts): void {
  for (let row = 0; row < ids.length; row += 1) {
    const text = textAt(values, row);
    setAt(column, ids[row] ?? 0, text === '' ? undefined : JSON.parse(text));
  }
}

/** Grows `column` from its end, so that it stays an array without holes. */
export function setAt(column: unknown[], id: number, value: unknown): void {
  while (column.length < id) column.push(undefined);
  column[id] = value;
}
