import type { Key } from '@tidemark/streams';
import { hashOfBytes } from './key-slot.js';
import { emptyColumns, fillColumns, growColumns, newColumn, setAt, type Column, type ColumnSpec } from './column.js';
import { DeletedKeys } from './deleted-keys.js';
import { FrozenTable, type FrozenBlock } from './frozen-table.js';
import { grown, IdList, longer } from './growing.js';
import { fetchRows, type KeyBlock } from './key-block.js';
import { KeyDictionary } from './key-dictionary.js';
import { RowBound } from './row-bound.js';
import type { ReadBlock } from './state-block.js';

export { setAt, type Column, type ColumnSpec } from './column.js';

/** How many rows a table may have unless its operator says otherwise. */
export const ROWS_MAX = 50_000_000;
/** The same for one whose rows need not be in memory. */
export const COLD_ROWS_MAX = 1_000_000_000;

const TOUCHED = 1;
const DIRTY = 2;
/** No snapshot has the row: nobody need be told when it goes. */
const NEW = 4;
/** The cold store holds the row as it is: it may go from memory without being written. */
const STORED = 8;

/** Below, columns of a snapshot are not worth keeping for the next one. */
const SPARE_ROWS_MIN = 1 << 16;

/**
 * Keyed state: a row for each key, in typed columns that are indexed by the id of the key.
 *
 * Knows which rows were touched in this batch, and which have changed since the last snapshot. While a snapshot is being
 * handed out ({@link isFrozen}), values of json columns may be replaced but not changed in place.
 *
 * Its owner is whoever made it: as a rule one operator, which restores and freezes it through its OperatorState. Parts of
 * the operator (timers, a ttl, cells) write for it, each in columns of its own. Who only looks on, as a snapshot, a key
 * order or a spill does, changes nothing here but by a call. Columns are exchanged for longer ones when a key is added:
 * read them anew after that.
 */
export class StateTable {
  keys = new KeyDictionary();
  readonly columns: Column[];
  /** Ids of the rows touched in this batch; the first {@link touchedCount} count. */
  touched = new Int32Array(64);
  touchedCount = 0;
  /** How often it was frozen: tells what was made since from what a snapshot may still hold. */
  freezes = 0;
  readonly bound: RowBound;
  /** Grows whenever a row goes: an id that was looked up before may be another key's after. */
  removals = 0;
  /** Nobody reads it: see {@link fetchRows}. */
  private fetched = 0;
  private removed: IdList | undefined;
  private rowsElsewhere = 0;
  private onNewRow: ((id: number) => void) | undefined;
  private flags: Uint8Array;
  private dirty = new Int32Array(64);
  private dirtyCount = 0;
  private deleted = new DeletedKeys();
  private rows = 0;
  private readonly jsonIndexes: readonly number[];
  private spare: readonly Column[] | undefined;
  private frozen: FrozenTable | undefined;
  /** Rows that a checkpoint may still hold are to be emptied first. */
  private clearNext = false;

  constructor(
    readonly name: string,
    readonly specs: readonly ColumnSpec[],
    rowsMax = ROWS_MAX,
  ) {
    this.bound = new RowBound(rowsMax);
    const { capacity } = this.keys;
    this.columns = specs.map((spec) => newColumn(spec, capacity));
    this.jsonIndexes = [...specs.keys()].filter((index) => specs[index]?.type === 'json');
    this.flags = new Uint8Array(capacity);
  }

  get size(): number {
    return this.keys.size;
  }

  get isFrozen(): boolean {
    return this.frozen !== undefined;
  }

  /** Rows that lie in a cold store and not here. */
  get elsewhere(): number {
    return this.rowsElsewhere;
  }

  /** From now on rows may lie in a cold store, too. @param admit is asked about each row that is new here. */
  beginSpilling(admit: (id: number) => void): void {
    this.onNewRow = admit;
  }

  /** Says how many rows lie in the store when the table is restored. */
  holdElsewhere(rows: number): void {
    this.rowsElsewhere = rows;
  }

  /** For the one who wants to know which rows go: their ids are added to the list, and it is his to take them out. */
  listRemoved(): IdList {
    this.removed = new IdList();
    return this.removed;
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

  /** @returns the id of the row of `key`; a new row if there is none. @throws OperatorFault `state_over_bound`. */
  idOf(key: Key): number {
    return this.asRow(this.keys.idOfKey(key));
  }

  /** The same for a key that is there as the bytes of its JSON text. */
  idOfBytes(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashOfBytes(bytes, from, to);
    const id = this.keys.find(bytes, from, to, hash);
    return id >= 0 ? id : this.asRow(this.keys.add(bytes, from, to, hash));
  }

  /** {@link findBytes} for the strings of a block of rows, all at once: those that are plain, without their quotes. */
  findBlock(bytes: Uint8Array, keys: KeyBlock, rows: number): void {
    this.keys.findBlock(bytes, keys, rows);
    this.fetched += fetchRows(this.flags, this.columns, keys.ids, [0, rows]);
  }

  /** Fetches from memory what a loop over the touched rows from `first` to `end` will look at. */
  fetchTouched(first: number, end: number): void {
    this.keys.fetchKeys(this.touched, first, end);
    this.fetched += fetchRows(this.flags, this.columns, this.touched, [first, end]);
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
    if (this.touchedCount === this.touched.length) this.touched = longer(this.touched);
    // Whether a row was touched before is anybody's guess, and a branch that is guessed wrong costs more than all of this.
    this.touched[this.touchedCount] = id;
    this.touchedCount += (flags & TOUCHED) ^ TOUCHED;
    this.flags[id] = flags | TOUCHED;
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
    if ((flags & (DIRTY | STORED)) === DIRTY) return;
    this.flags[id] = (flags | DIRTY) & ~STORED;
    if ((flags & DIRTY) !== 0) return;
    if (this.dirtyCount === this.dirty.length) this.dirty = longer(this.dirty);
    this.dirty[this.dirtyCount++] = id;
  }

  remove(id: number): void {
    const flags = this.flags[id] ?? 0;
    if ((flags & NEW) === 0) this.deleted.add(this.keys, id);
    else this.flags[id] = flags & ~NEW;
    this.removeSilently(id);
  }

  /** Removes every row. */
  clear(): void {
    if (this.removed !== undefined) for (const id of this.ids()) this.removed.push(id);
    this.removals += 1;
    // Ids begin anew, unless those of the rows that are gone are still being read.
    if (this.isFrozen) for (const id of this.ids()) this.keys.remove(id);
    else this.keys = new KeyDictionary();
    this.rows = 0;
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
    const ids = full ? this.heldIds() : this.changedIds();
    const rows = ids?.length ?? this.size;
    const clear = full || this.clearNext;
    const deleted = full ? new DeletedKeys() : this.deleted;
    if (full) this.forgetNew(ids);
    this.forgetChanges();
    this.freezes += 1;
    if (rows === 0 && deleted.count === 0 && !clear) return undefined;
    this.keys.pin();
    const clearAlone = this.onNewRow !== undefined;
    this.frozen = new FrozenTable(this, { ids, rows, clear, deleted, spare: this.spare, clearAlone });
    this.spare = undefined;
    return this.frozen;
  }

  /**
   * Takes rows out of memory that are to lie in the cold store alone, and which keys were removed since the last time.
   * Neither is a change. @returns the blocks that the store needs for it: it has the other rows as they are.
   */
  evict(ids: readonly number[], bytesMax: number): readonly FrozenBlock[] {
    const { name, keys, specs, columns, deleted } = this;
    this.deleted = new DeletedKeys();
    const unsaved = Int32Array.from(ids.filter((id) => ((this.flags[id] ?? 0) & STORED) === 0));
    const blocks: FrozenBlock[] = [];
    if (unsaved.length > 0 || deleted.count > 0) {
      const table = { name, keys, specs, columns, thaw: () => undefined };
      const frozen = new FrozenTable(table, { ids: unsaved, rows: unsaved.length, clear: false, deleted });
      for (let block = frozen.next(bytesMax); block !== undefined; block = frozen.next(bytesMax)) blocks.push(block);
    }
    for (const id of ids) {
      this.flags[id] = 0;
      this.removeSilently(id);
    }
    this.rowsElsewhere += ids.length;
    const dirty = this.dirty.subarray(0, this.dirtyCount).filter((id) => ((this.flags[id] ?? 0) & DIRTY) !== 0);
    this.dirty.set(dirty);
    this.dirtyCount = dirty.length;
    return blocks;
  }

  /** Takes rows of the cold store into memory again. */
  load(block: ReadBlock): void {
    const before = this.size;
    for (const id of this.apply(block)) this.flags[id] = ((this.flags[id] ?? 0) & ~NEW) | STORED;
    this.rowsElsewhere -= this.size - before;
  }

  /** @param columns what was frozen, of which nobody reads any more. */
  thaw(columns?: readonly Column[]): void {
    this.frozen = undefined;
    // A small delta has nothing worth keeping, and objects must not be kept alive.
    const isLarge = columns?.some((column) => !Array.isArray(column) && column.length >= SPARE_ROWS_MIN) ?? false;
    if (isLarge) this.spare = columns?.map((column) => (Array.isArray(column) ? [] : column));
    this.keys.unpin();
  }

  /** Applies a block of a checkpoint. Rows that are restored do not count as changed. Throws for a block that does not fit. @returns their ids. */
  apply(block: ReadBlock): Int32Array {
    const { header, keys, deletedKeys } = block;
    if (header.clear) {
      this.keys = new KeyDictionary();
      this.rows = 0;
      this.resetAll();
    }
    if (header.rowsInAll !== undefined) this.keys.reserve(this.size + header.rowsInAll);
    let from = 0;
    for (const [row, to] of deletedKeys.ends.entries()) {
      const id = this.keys.find(deletedKeys.bytes, from, to, deletedKeys.hashes[row] ?? 0);
      if (id >= 0) this.removeSilently(id);
      from = to;
    }
    const ids = this.keys.idsOfAll(keys);
    this.makeRows();
    fillColumns(this, block, ids);
    return ids;
  }

  /** Undefined if they are all from 0 on. */
  private heldIds(): Int32Array | undefined {
    if (this.size === this.keys.idsUsed) return undefined;
    const ids = new Int32Array(this.size);
    let count = 0;
    for (let id = 0; id < this.keys.idsUsed; id += 1) if (this.isHeld(id)) ids[count++] = id;
    return ids;
  }

  /** Of the rows that have changed since the last snapshot and are still there; none of them is new or changed after that. */
  private changedIds(): Int32Array {
    const { dirty, dirtyCount, flags, keys } = this;
    const ids = new Int32Array(dirtyCount);
    let count = 0;
    for (let i = 0; i < dirtyCount; i += 1) {
      const id = dirty[i] ?? 0;
      flags[id] = (flags[id] ?? 0) & ~(DIRTY | NEW);
      if (keys.isHeld(id)) ids[count++] = id;
    }
    this.dirtyCount = 0;
    return ids.subarray(0, count);
  }

  /** Every row is in the snapshot that is taken. */
  private forgetNew(ids: Int32Array | undefined): void {
    if (this.touchedCount === 0) {
      this.flags.fill(0);
      this.dirtyCount = 0;
      return;
    }
    const { flags } = this;
    if (ids !== undefined) for (const id of ids) flags[id] = (flags[id] ?? 0) & ~NEW;
    else for (let id = 0; id < this.size; id += 1) flags[id] = (flags[id] ?? 0) & ~NEW;
  }

  private asRow(id: number): number {
    if (this.keys.size > this.rows) {
      this.makeRows();
      this.flags[id] = (this.flags[id] ?? 0) | NEW;
      this.bound.admit(this, id);
      this.onNewRow?.(id);
    }
    return id;
  }

  /** Makes room for so many rows at once. */
  reserve(rows: number): void {
    this.keys.reserve(rows);
    if (this.keys.capacity > this.flags.length) this.grow(this.keys.capacity);
  }

  /** Room in the columns for every key that was added. */
  private makeRows(): void {
    this.rows = this.keys.size;
    if (this.keys.capacity > this.flags.length) this.grow(this.keys.capacity);
    // Columns of objects grow with the ids, so that they have no holes.
    const last = this.keys.idsUsed - 1;
    for (const index of this.jsonIndexes) if (last >= this.json(index).length) setAt(this.json(index), last, undefined);
  }

  private grow(capacity: number): void {
    this.flags = grown(this.flags, new Uint8Array(capacity));
    growColumns(this, capacity);
  }

  private removeSilently(id: number): void {
    this.removals += 1;
    this.keys.remove(id);
    this.removed?.push(id);
    this.rows = this.keys.size;
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
    emptyColumns(this);
  }

  private forgetChanges(): void {
    for (let i = 0; i < this.dirtyCount; i += 1) {
      const id = this.dirty[i] ?? 0;
      this.flags[id] = (this.flags[id] ?? 0) & ~DIRTY;
    }
    this.dirtyCount = 0;
    this.deleted = new DeletedKeys();
    this.clearNext = false;
  }
}
