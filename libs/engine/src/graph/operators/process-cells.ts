import { columnsOfCells, type StateMember } from '../../state/state-columns.js';
import type { StateTable } from '../../state/state-table.js';
import { misuse } from '../failure.js';
import { copyJson } from '../json-copy.js';
import { StateCopier } from '../state-copier.js';
import { keepState } from './update-state-by-key.js';

/**
 * The state cells of `process`: a column each, typed where what they begin with is a number or a boolean. A row is there
 * while a cell was set and not everything was cleared since; one that is not needed goes at the end of the batch.
 */
export class ProcessCells {
  /** The row of the key that is being processed. Its owner is the operator. */
  id = 0;
  private readonly members: readonly StateMember[];
  private readonly indexes: ReadonlyMap<string, number>;
  private readonly copier = new StateCopier();
  /** By id: whether the row holds anything, is to be looked at once more, or neither. */
  private use = new Uint8Array(64);
  private unused: number[] = [];

  constructor(
    private readonly table: StateTable,
    initial: { readonly [name: string]: unknown },
  ) {
    this.members = columnsOfCells(initial);
    table.bound.beginsHollow = true;
    this.indexes = new Map(this.members.map(({ column }, index) => [column.name, index]));
  }

  get(name: string): unknown {
    const index = this.indexOf(name);
    const cell = this.table.columns[index]?.[this.id];
    const { column, initial } = this.member(index);
    switch (column.type) {
      case 'f64':
        return cell;
      case 'bool':
        return cell === 1;
      case 'json':
        return copyJson(cell === undefined ? initial : cell);
    }
  }

  set(name: string, value: unknown): void {
    const { table, id } = this;
    const index = this.indexOf(name);
    const { column } = this.member(index);
    if (column.type === 'json') table.json(index)[id] = keepState(value, this.copier);
    else (table.columns[index] as Float64Array)[id] = this.plain(column, value);
    if (this.use[id] !== HELD) table.bound.fill(table, id);
    this.use[id] = HELD;
    table.change(id);
  }

  /** Puts one cell, or all of them, back to what they began with. */
  clear(name?: string): void {
    const { table, id } = this;
    const indexes = name === undefined ? [...this.members.keys()] : [this.indexOf(name)];
    for (const index of indexes) {
      const { column, initial } = this.member(index);
      if (column.type === 'json') table.json(index)[id] = undefined;
      else (table.columns[index] as Float64Array)[id] = Number(initial);
    }
    if (name === undefined && this.use[id] === HELD) {
      this.use[id] = 0;
      table.bound.hollow += 1;
      this.begin();
    }
    table.change(id);
  }

  /** The operator turns to the row {@link id}. */
  begin(): void {
    const { id } = this;
    if (id >= this.use.length) {
      const longer = new Uint8Array(this.table.keys.capacity);
      longer.set(this.use);
      this.use = longer;
    }
    if (this.use[id] !== 0) return;
    this.use[id] = UNUSED;
    this.unused.push(id);
  }

  endBatch(): void {
    for (const id of this.unused) {
      if (this.use[id] === UNUSED && this.table.isHeld(id)) this.remove(id);
    }
    this.unused = [];
    this.table.bound.hollow = 0;
  }

  remove(id: number): void {
    this.use[id] = 0;
    this.table.remove(id);
  }

  /** Call once the state is restored: what was stored holds something. */
  afterRestore(): void {
    this.use = new Uint8Array(this.table.keys.capacity);
    for (const id of this.table.ids()) this.use[id] = HELD;
  }

  private plain({ name, type }: StateMember['column'], value: unknown): number {
    if (type === 'bool' && typeof value === 'boolean') return value ? 1 : 0;
    if (type === 'f64' && typeof value === 'number' && Number.isFinite(value)) return value + 0;
    const what = type === 'bool' ? 'booleans' : 'finite numbers';
    throw misuse(
      `the state "${name}" began as one of ${what} and takes no other; let it begin with null to hold anything`,
    );
  }

  private member(index: number): StateMember {
    const member = this.members[index];
    if (member === undefined) throw new RangeError(`no cell ${index}`);
    return member;
  }

  private indexOf(name: string): number {
    const index = this.indexes.get(name);
    if (index === undefined) throw misuse(`the process declares no state "${String(name).slice(0, 50)}"`);
    return index;
  }
}

const UNUSED = 1;
const HELD = 2;
