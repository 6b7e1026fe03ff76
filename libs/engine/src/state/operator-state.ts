import type { Key } from '@tidemark/streams';
import type { FrozenTable, FrozenBlock } from './frozen-table.js';
import { assembleBlock, readBlock } from './state-block.js';
import { ROWS_MAX, StateTable, type ColumnSpec } from './state-table.js';

/** The columns of an operator's table, by the table's name; undefined if it has no table of that name. */
export type TableColumns = (table: string) => readonly ColumnSpec[] | undefined;

/** What one operator keeps between batches: tables, some of which may come and go (one for each window, say). */
export class OperatorState {
  private readonly tables = new Map<string, StateTable>();
  private readonly dropped = new Set<string>();

  constructor(
    readonly uid: string,
    private readonly columns: TableColumns,
    /** Called once after restoring, before the first batch. */
    readonly restored: () => void = () => undefined,
    private readonly rowsMax = ROWS_MAX,
  ) {}

  /** Made if it is not there. */
  table(name: string): StateTable {
    const held = this.tables.get(name);
    if (held !== undefined) return held;
    const columns = this.columns(name);
    if (columns === undefined) throw new RangeError(`"${this.uid}" has no table "${name}"`);
    const made = new StateTable(name, columns, this.rowsMax);
    // A checkpoint may hold rows of the one that was taken away.
    if (this.dropped.delete(name)) made.clear();
    this.tables.set(name, made);
    return made;
  }

  has(name: string): boolean {
    return this.tables.has(name);
  }

  names(): readonly string[] {
    return [...this.tables.keys()];
  }

  /** Takes a table away, with all of its rows. */
  drop(name: string): void {
    if (this.tables.delete(name)) this.dropped.add(name);
  }

  /** Rows of all tables, in memory and elsewhere, without an operator's own. */
  keys(): number {
    let keys = 0;
    for (const table of this.tables.values()) keys += table.size + table.elsewhere - (table.find(OWN_KEY) < 0 ? 0 : 1);
    return keys;
  }

  /** @throws RangeError, SyntaxError for a block that is not this operator's. */
  restore(bytes: Uint8Array): void {
    const block = readBlock(bytes);
    const { table, clear, columns } = block.header;
    // What is left of a table that was dropped: it may have had columns that nobody knows any more. It is not
    // cleared: that would be a change, and the next snapshot would take away what later blocks bring.
    if (clear && columns.length === 0) this.tables.delete(table);
    else this.table(table).apply(block);
  }

  /** Freezes the state as of now. Blocks are taken to the end, one by one, while batches go on. */
  freeze(kind: 'full' | 'delta', bytesMax: number): Iterator<FrozenBlock, undefined> {
    const gone = kind === 'full' ? [] : [...this.dropped].filter((name) => !this.tables.has(name));
    this.dropped.clear();
    const frozen = [...this.tables.values()].map((table) => table.freeze(kind)).filter((table) => table !== undefined);
    return blocksOf(gone, frozen, bytesMax);
  }
}

function* blocksOf(
  gone: readonly string[],
  frozen: readonly FrozenTable[],
  bytesMax: number,
): Generator<FrozenBlock, undefined> {
  for (const name of gone) yield { bytes: emptied(name), rows: 0, deleted: 0 };
  for (const table of frozen) {
    for (let block = table.next(bytesMax); block !== undefined; block = table.next(bytesMax)) yield block;
  }
}

/** The key of a row of the operator itself, which no record can have. */
export const OWN_KEY = null as unknown as Key;

const emptied = (table: string): Uint8Array =>
  assembleBlock(
    { table, clear: true, rows: 0, columns: [], keyBytes: 0, jsonBytes: [], deleted: 0, deletedKeyBytes: 0 },
    [],
  );
