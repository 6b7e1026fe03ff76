import { setImmediate as nextTurn } from 'node:timers/promises';
import { KEY_SLOTS } from '@tidemark/domain';
import type { BlockView, Texts } from '../state-block.js';
import { textReader } from '../block-rows.js';
import { compareRows, sortText, type RowPosition } from './row-position.js';
import { valueReader, type ShownRow, type StateForm } from './shown-row.js';

/** Which rows, in the order of {@link compareRows}. */
export interface RowQuery {
  /** Only what comes after. */
  readonly after?: RowPosition | undefined;
  /** Only what comes up to here. */
  readonly until?: RowPosition | undefined;
  /** Only rows of this table. */
  readonly table?: string | undefined;
  /** Only rows of these keys, given as JSON texts. */
  readonly keys?: readonly string[] | undefined;
  /** Only rows that it says yes to. */
  readonly only?: ((slot: number, key: string, table: string) => boolean) | undefined;
  /** At least 1. */
  readonly rowsMax: number;
  /** Characters of keys and values, beyond the first row; by default as many as the bounds allow. */
  readonly charsMax?: number | undefined;
}

/** What is kept and read for one request. Where there is more, a range ends early, and goes on after its `upTo`. */
export interface ViewBounds {
  /** Rows and deleted keys that are kept. */
  readonly found: number;
  /** Characters of keys and values that are kept; one row may have more by itself. */
  readonly chars: number;
  /** Bytes of state, decompressed, that are read. */
  readonly readBytes: number;
}

/** Some 150 MiB of memory for one range, and some fifteen seconds' work. */
export const VIEW_BOUNDS: ViewBounds = {
  found: 100_000,
  chars: 32 * 1024 * 1024,
  readBytes: 4 * 1024 * 1024 * 1024,
};

/** What some files change. */
export interface Touched {
  has(slot: number, key: string, table: string): boolean;
  /** It knows of everything up to here; undefined if of all that was asked for. */
  readonly upTo: RowPosition | undefined;
}

export interface RowRange {
  /** In order. */
  readonly rows: readonly PlacedRow[];
  /** Every row up to here is among `rows`; undefined if that is all that was asked for. */
  readonly upTo: RowPosition | undefined;
}

/** A row, or a key that was deleted. One flat object for each, of which there are many. */
export class PlacedRow implements ShownRow {
  value = '';
  internal = '';
  isDeleted = true;

  constructor(
    readonly slot: number,
    readonly key: string,
    readonly table: string,
    readonly sortedBy: readonly [key: string, table: string] | undefined,
  ) {}

  get at(): RowPosition {
    return { slot: this.slot, of: this.sortedBy ?? [this.key, this.table] };
  }

  get chars(): number {
    return this.key.length + this.value.length + this.internal.length;
  }
}

/** {@link compareRows} of two rows, without making their positions where they need none of their own. */
export function comparePlaced(a: PlacedRow, b: PlacedRow): number {
  if (a.slot !== b.slot) return a.slot - b.slot;
  if (a.sortedBy !== undefined || b.sortedBy !== undefined) return compareRows(a.at, b.at);
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  if (a.table === b.table) return 0;
  return a.table < b.table ? -1 : 1;
}

/** Below, nothing is sorted out. */
const FOUND_MIN = 1_024;

/**
 * Collects the first rows of a range from blocks that are given newest first: the first that is found of a key is what
 * counts. What lies behind the rows that are needed is let go as it comes, so that memory does not grow with the state.
 *
 * Owner: one reader of one operator's blocks.
 */
export class RangeCollector {
  private found = new FoundRows();
  private chars = 0;
  /** Nothing behind it is kept. */
  private upper: RowPosition | undefined;
  private isCut = false;
  private readonly cleared = new Set<string>();
  private readonly keys: readonly Uint8Array[] | undefined;
  private readonly charsMax: number;
  private sortAt: number;
  private sortAtChars: number;

  constructor(
    private readonly query: RowQuery,
    private readonly form: StateForm,
    private readonly bounds: ViewBounds,
  ) {
    this.upper = query.until;
    this.keys = query.keys?.map((key) => Buffer.from(key));
    this.charsMax = Math.min(bounds.chars, query.charsMax ?? bounds.chars);
    this.sortAt = this.sortAtLeast();
    this.sortAtChars = 2 * this.charsMax;
  }

  add(block: BlockView): void {
    const { table } = block;
    if (this.query.table !== undefined && this.query.table !== table) return;
    if (this.cleared.has(table)) return;
    // A block is applied in the order clear, deleted keys, rows, and the last row of a key stays: here the other way round.
    const { value, internal } = valueReader(block, this.form);
    this.eachNew(block.slots, block.keys, table, (found, row) => {
      found.value = value(row);
      found.internal = internal(row);
      found.isDeleted = false;
    });
    this.eachNew(block.deletedSlots, block.deletedKeys, table, () => undefined);
    if (block.clear) this.cleared.add(table);
  }

  /** What was collected, when all blocks were added. */
  async finish(): Promise<RowRange> {
    this.sortOutIfFull();
    const bySlot = Array.from({ length: KEY_SLOTS }, (): PlacedRow[] => []);
    for (const row of this.found.all()) if (!row.isDeleted) bySlot[row.slot]?.push(row);
    for (const rows of bySlot) {
      if (rows.length === 0) continue;
      rows.sort(comparePlaced);
      await nextTurn();
    }
    return { rows: bySlot.flat(), upTo: this.isCut ? this.upper : undefined };
  }

  /** In place of {@link finish}: every key that has a row or was deleted. Of a table that was emptied, that is each. */
  finishTouched(): Touched {
    this.sortOutIfFull();
    const { found, cleared } = this;
    return {
      has: (slot, key, table) => cleared.has(table) || found.has(slot, key, table),
      upTo: this.isCut ? this.upper : undefined,
    };
  }

  private sortOutIfFull(): void {
    if (this.found.size > Math.min(this.query.rowsMax, this.bounds.found) || this.chars > this.charsMax) this.sortOut();
  }

  private eachNew(
    slots: Uint8Array,
    keys: Texts,
    table: string,
    fill: (found: PlacedRow, index: number) => void,
  ): void {
    const text = textReader(keys);
    const from = this.query.after?.slot ?? 0;
    const tableText = sortText(table);
    for (let index = slots.length - 1; index >= 0; index -= 1) {
      const slot = slots[index] ?? 0;
      // Most rows go here, without a look at their keys.
      if (slot < from || (this.upper !== undefined && slot > this.upper.slot)) continue;
      if (this.keys?.some((key) => isAt(keys, index, key)) === false) continue;
      const key = text(index);
      if (this.query.only?.(slot, key, table) === false) continue;
      const keyText = sortText(key);
      const isShort = keyText === key && tableText === table;
      const row = new PlacedRow(slot, key, table, isShort ? undefined : [keyText, tableText]);
      if (!this.isInRange(row) || !this.found.add(row)) continue;
      fill(row, index);
      this.chars += row.chars;
      if (this.found.size >= this.sortAt || this.chars >= this.sortAtChars) this.sortOut();
    }
  }

  private isInRange(row: PlacedRow): boolean {
    const { after } = this.query;
    // Within their slots all are: positions are compared at the ends of the range only.
    if (after !== undefined && row.slot === after.slot && compareRows(row.at, after) <= 0) return false;
    return this.upper === undefined || row.slot !== this.upper.slot || compareRows(row.at, this.upper) <= 0;
  }

  /** Lets go of what cannot be needed: whatever comes behind the last row that there is room for. */
  private sortOut(): void {
    const rows = [...this.found.all()].sort(comparePlaced);
    const kept = rows.slice(0, this.countOfNeeded(rows));
    if (kept.length < rows.length) {
      this.isCut = true;
      this.upper = kept.at(-1)?.at;
      this.found = new FoundRows(kept);
      this.chars = kept.reduce((sum, { chars }) => sum + chars, 0);
    }
    this.sortAt = Math.max(this.sortAtLeast(), 2 * kept.length);
    this.sortAtChars = 2 * Math.max(this.charsMax, this.chars);
  }

  private sortAtLeast(): number {
    const { found } = this.bounds;
    return 2 * Math.min(found, Math.max(FOUND_MIN, this.query.rowsMax));
  }

  /** At least one, so that whoever goes on behind it gets on. */
  private countOfNeeded(found: readonly PlacedRow[]): number {
    let rows = 0;
    let chars = 0;
    for (const [index, row] of found.entries()) {
      if (!row.isDeleted) rows += 1;
      chars += row.chars;
      if (index > 0 && (rows > this.query.rowsMax || index >= this.bounds.found || chars > this.charsMax)) return index;
    }
    return found.length;
  }
}

/** One row for each slot, key and table. */
class FoundRows {
  size = 0;
  private readonly tables = new Map<string, (Map<string, PlacedRow> | undefined)[]>();

  constructor(rows: Iterable<PlacedRow> = []) {
    for (const row of rows) this.add(row);
  }

  /** Answers whether it is the first of its key. */
  add(row: PlacedRow): boolean {
    let slots = this.tables.get(row.table);
    if (slots === undefined) this.tables.set(row.table, (slots = []));
    const rows = (slots[row.slot] ??= new Map<string, PlacedRow>());
    if (rows.has(row.key)) return false;
    rows.set(row.key, row);
    this.size += 1;
    return true;
  }

  has(slot: number, key: string, table: string): boolean {
    return this.tables.get(table)?.[slot]?.has(key) === true;
  }

  *all(): Iterable<PlacedRow> {
    for (const slots of this.tables.values()) {
      // Only of the slots that have rows: the array has holes.
      for (const rows of Object.values(slots)) if (rows !== undefined) yield* rows.values();
    }
  }
}

function isAt({ ends, bytes }: Texts, row: number, key: Uint8Array): boolean {
  const start = row === 0 ? 0 : (ends[row - 1] ?? 0);
  if ((ends[row] ?? 0) - start !== key.length) return false;
  for (let i = 0; i < key.length; i += 1) if (bytes[start + i] !== key[i]) return false;
  return true;
}
