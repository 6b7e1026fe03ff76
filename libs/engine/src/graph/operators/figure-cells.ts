import type { StateTable } from '../../state/state-table.js';
import { operatorOf, OperatorFault, overBound } from '../failure.js';
import { NotJsonError } from '../json-copy.js';

/** What a figure keeps of one key: an object that can be written as JSON, and is changed in place. */
export interface Held {
  /** Which snapshot was the last one before it was made: no later one than that holds it. */
  madeIn: number;
  toJSON(): unknown;
}

/** One kind of figure that keeps an object for each key. */
export interface FigureKind<H extends Held> {
  make(): H;
  /** From what {@link Held.toJSON} gave; shares nothing with it. */
  from(json: unknown): H;
  /** @throws FigureFull where it may not grow. */
  add(held: H, value: unknown): void;
  /** @param later is not changed, and shares nothing with `held` afterwards. */
  merge(held: H, later: H): void;
  /** Nothing that it answers is kept. */
  result(held: H): unknown;
  is(cell: unknown): cell is H;
}

/** Thrown by a figure that would pass a bound, which is said in words. */
export class FigureFull extends Error {}

/**
 * The column of a figure that keeps objects. A cell holds the object itself, or the JSON that a restored state has in its
 * place until somebody needs it. What a snapshot under way may hold is copied before it is changed.
 */
export class FigureCells<H extends Held> {
  constructor(private readonly kind: FigureKind<H>) {}

  /** Called by generated code, as are all others. */
  add(table: StateTable, column: number, id: number, value: unknown): void {
    const held = this.writable(table, column, id);
    try {
      this.kind.add(held, value);
    } catch (error) {
      throw faultOf(error, table, id);
    }
  }

  merge(table: StateTable, column: number, id: number, later: unknown): void {
    if (later === undefined) return;
    const held = this.writable(table, column, id);
    try {
      this.kind.merge(held, this.read(later));
    } catch (error) {
      throw faultOf(error, table, id);
    }
  }

  result(cell: unknown): unknown {
    return this.kind.result(this.read(cell));
  }

  private read(cell: unknown): H {
    if (cell === undefined) return this.kind.make();
    return this.kind.is(cell) ? cell : this.kind.from(cell);
  }

  private writable(table: StateTable, column: number, id: number): H {
    const cells = table.json(column);
    const cell = cells[id];
    if (this.kind.is(cell) && (!table.isFrozen || cell.madeIn === table.freezes)) return cell;
    const held = this.kind.is(cell) ? this.kind.from(cell.toJSON()) : this.read(cell);
    held.madeIn = table.freezes;
    cells[id] = held;
    return held;
  }
}

function faultOf(error: unknown, table: StateTable, id: number): unknown {
  if (error instanceof FigureFull) return overBound(undefined, error.message, table.keys.text(id));
  if (!(error instanceof NotJsonError)) return error;
  const { path, found } = error.at;
  const key = table.keys.text(id).slice(0, 200);
  return new OperatorFault((where) => ({ code: 'state_not_json', operator: operatorOf(where), key, path, found }));
}
