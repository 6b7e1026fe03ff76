import { misuse, overBound } from '../graph/failure.js';
import type { FrozenBlock } from './frozen-table.js';
import { grown } from './growing.js';
import { StateTable } from './state-table.js';

/** A key whose row goes to a cold store may have so many bytes as JSON text. */
export const COLD_KEY_BYTES_MAX = 1_500;
export const COLD_KEY_BOUND = `key length of ${COLD_KEY_BYTES_MAX} bytes with rowsInMemory`;

/** So many rows leave memory at a time. */
const EVICTED_AT_ONCE = 65_536;

/**
 * Holds a table to so many rows in memory; the others lie in a cold store outside. Before a batch, {@link missing} collects
 * the batch's keys that have no row here, and those of their rows that the store has are loaded; so what runs the batch
 * needs to know of no store. After it, rows leave until the table is within its bound: by second chance (clock), those
 * that no batch has used since the hand came by last.
 */
export class Spill {
  /** Keys of the batch that is looked at that have no row in memory. Filled by generated code. */
  missing = new StateTable('state', []);
  /** By id, 1 for rows that a batch has used since the hand came by. */
  private used = new Uint8Array(64);
  private hand = 0;

  constructor(
    readonly uid: string,
    readonly table: StateTable,
    private readonly rowsInMemory: number,
  ) {
    table.beginSpilling((id) => {
      this.admit(id);
    });
  }

  /** Begins to collect the keys of a batch. */
  beginLook(): void {
    this.missing = new StateTable('state', []);
    this.makeRoom();
  }

  /** Called by generated code for a key that has a row here. */
  use(id: number): void {
    this.used[id] = 1;
  }

  /** After a batch: the rows and removed keys that the store must know of, while rows leave memory. To be taken to the end. */
  *evict(bytesMax: number): Generator<FrozenBlock, undefined> {
    const { table, missing } = this;
    this.makeRoom();
    for (const id of missing.ids()) {
      const row = table.findOther(missing, id);
      if (row >= 0) this.use(row);
    }
    this.missing = new StateTable('state', []);
    let over = Math.max(0, table.size - this.rowsInMemory);
    do {
      const ids = this.victims(Math.min(over, EVICTED_AT_ONCE));
      over -= ids.length;
      yield* table.evict(ids, bytesMax);
    } while (over > 0);
  }

  private victims(count: number): readonly number[] {
    const { table, used } = this;
    const ids: number[] = [];
    for (; ids.length < count; this.hand += 1) {
      if (this.hand >= table.keys.idsUsed) this.hand = 0;
      const id = this.hand;
      if (!table.isHeld(id)) continue;
      if (used[id] === 0) ids.push(id);
      // So that it is not taken twice, however few there are.
      used[id] = used[id] === 1 ? 0 : 2;
    }
    for (const id of ids) used[id] = 0;
    return ids;
  }

  private makeRoom(): void {
    const { capacity } = this.table.keys;
    if (this.used.length < capacity) this.used = grown(this.used, new Uint8Array(capacity));
  }

  /** A row that is new in the batch: the store must have been asked for it, or it would hide what lies there. */
  private admit(id: number): void {
    const { table, missing } = this;
    const { keys } = table;
    if (keys.byteLength(id) > COLD_KEY_BYTES_MAX) {
      throw overBound(undefined, COLD_KEY_BOUND, keys.text(id));
    }
    if (table.elsewhere === 0 || missing.findOther(table, id) >= 0) return;
    throw misuse(
      `the key ${keys.text(id).slice(0, 200)} was not there when the keys of the batch were collected: with rowsInMemory, the code up to the key runs twice and must answer the same`,
    );
  }
}
