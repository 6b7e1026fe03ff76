import { BLOCK_ROWS } from '../../../state/key-block.js';
import type { GeneratedFunction } from '../../../fuse/generated-code.js';
import type { ColumnSpec, StateTable } from '../../../state/state-table.js';
import type { OperatorParts } from '../../operator.js';
import type { Contents } from './contents-port.js';

/** Rows of one slide. No row is ever removed from a pane, so its ids are 0 to size − 1. */
export interface Pane {
  readonly startMs: number;
  readonly table: StateTable;
  /** The row of each row here in the total `linkedTo`; shorter than the table where keys have come since it was made. */
  links: Int32Array;
  linkedTo: StateTable | undefined;
}

type Pass = (pane: StateTable, links: Int32Array, total: StateTable, count: number) => void;

/**
 * Adds panes to a table of totals, and takes them out again: each is one pass over the pane's columns. A total has the
 * columns of the contents and `@panes`, how many panes have the key; if panes can be taken out, both once more for the next
 * total: see pane-totals.ts.
 */
export class PaneCode {
  readonly columns: readonly ColumnSpec[];
  /** Whether a pane can be taken out of a total again. */
  readonly canRetract: boolean;
  /** Whether totals come from two stacks of them instead. */
  readonly canStack: boolean;
  /** Columns of a total, without those of the next one. */
  private readonly width: number;
  private readonly added: GeneratedFunction<Pass>;
  private readonly addedToBoth: GeneratedFunction<Pass>;
  private readonly takenOut: GeneratedFunction<Pass>;
  private readonly found: GeneratedFunction<(pane: StateTable, into: StateTable, count: number) => void>;
  private readonly each: GeneratedFunction<(from: StateTable, id: number, into: unknown, to: number) => void>;

  constructor({ code }: OperatorParts, contents: Contents) {
    const own: readonly ColumnSpec[] = [...contents.columns, { name: '@panes', type: 'f64' }];
    const merge = contents.merge('total', 'to', 'pane', 'id');
    const retract = contents.retract('total', 'to', 'pane', 'id');
    this.canRetract = retract !== undefined;
    this.canStack = !this.canRetract && own.every(({ type }) => type !== 'json');
    this.width = own.length;
    const next = own.map((column) => ({ ...column, name: `@next.${column.name}` }));
    this.columns = this.canRetract ? [...own, ...next] : own;
    const panes = (total: string): string => `${total}.columns[${own.length - 1}][to]`;
    const pass = (body: string): string => `for (let id = 0; id < count; id += 1) {
const to = links[id];
${body}
}`;
    const params = 'pane, links, total, count';
    const add = `${merge}\n${panes('total')} += 1;`;
    this.added = code.add(params, () => pass(add));
    this.addedToBoth = code.add(
      params,
      () => `const next = { columns: total.columns.slice(${own.length}) };
${pass(`${add}\n${contents.merge('next', 'to', 'pane', 'id')}\n${panes('next')} += 1;`)}`,
    );
    const reset = own.map(({ type, initial = 0 }, index) => {
      return `total.columns[${index}][to] = ${type === 'json' ? 'undefined' : String(initial)};`;
    });
    this.takenOut = code.add(params, () =>
      pass(`${panes('total')} -= 1;
if (${panes('total')} === 0) {
${reset.join('\n')}
} else {
${retract ?? ''}
}`),
    );
    this.found = code.add(
      'pane, total, count',
      () => `for (let to = 0; to < count; to += 1) {
const id = pane.findOther(total, to);
if (id < 0) continue;
${merge}
}`,
    );
    this.each = code.add('pane, id, total, to', () => merge);
  }

  /** Finds the rows of the pane's new keys in the total; those that are not there yet come to it, without anything. */
  link(pane: Pane, total: StateTable): void {
    const { table } = pane;
    const known = pane.linkedTo === total ? pane.links.length : 0;
    if (known === table.size && pane.linkedTo === total) return;
    const links = new Int32Array(table.size);
    links.set(pane.links.subarray(0, known));
    const before = total.size;
    for (let first = known; first < links.length; first += BLOCK_ROWS) {
      const end = Math.min(first + BLOCK_ROWS, links.length);
      total.keys.fetchPlaces(table.keys, first, end);
      for (let id = first; id < end; id += 1) links[id] = total.idOfOther(table, id);
    }
    for (let id = before; id < total.size; id += 1) total.change(id);
    pane.links = links;
    pane.linkedTo = total;
  }

  /** Adds a pane to a total, and to the next one if there is one and it has not got it. */
  enter(pane: Pane, total: StateTable, { toNext }: { readonly toNext: boolean }): void {
    this.link(pane, total);
    const pass = toNext && this.canRetract ? this.addedToBoth : this.added;
    pass.run(pane.table, pane.links, total, pane.links.length);
    if (this.canRetract) for (const id of pane.links) total.change(id);
  }

  leave(pane: Pane, total: StateTable): void {
    this.link(pane, total);
    this.takenOut.run(pane.table, pane.links, total, pane.links.length);
    for (const id of pane.links) total.change(id);
  }

  /**
   * Adds one row of `from` to a total, or to the next one, for a pane that is in it.
   * @param isNew whether the pane did not have the key before.
   */
  addRow(
    from: StateTable,
    id: number,
    total: StateTable,
    { isNext, isNew }: { isNext: boolean; isNew: boolean },
  ): void {
    const to = total.idOfOther(from, id);
    const at = isNext ? this.width : 0;
    this.each.run(from, id, { columns: total.columns.slice(at) }, to);
    const panes = total.f64(at + this.width - 1);
    if (isNew) panes[to] = (panes[to] ?? 0) + 1;
    total.change(to);
  }

  /** Adds a row of `from` to the row `to` of a table that has no count of panes. */
  mergeRow(from: StateTable, id: number, into: StateTable, to: number): void {
    this.each.run(from, id, into, to);
  }

  /** Adds what a pane has of the keys of `into`. */
  addFound(pane: Pane, into: StateTable): void {
    this.found.run(pane.table, into, into.size);
  }

  /** Rows of a total that have something. */
  heldIds(total: StateTable): Int32Array {
    const panes = total.f64(this.width - 1);
    const ids = new Int32Array(total.size);
    let count = 0;
    for (let id = 0; id < ids.length; id += 1) if ((panes[id] ?? 0) > 0) ids[count++] = id;
    return ids.subarray(0, count);
  }

  /** The next total becomes the total, and an empty one the next. */
  turn(total: StateTable): void {
    for (let index = 0; index < this.width; index += 1) {
      const spec = total.specs[index];
      const [ended, next] = [total.columns[index], total.columns[this.width + index]];
      if (spec === undefined || ended === undefined || next === undefined) continue;
      total.columns[index] = next;
      total.columns[this.width + index] = ended;
      if (Array.isArray(ended)) ended.fill(undefined);
      else ended.fill(spec.initial ?? 0);
    }
    for (let id = 0; id < total.size; id += 1) total.change(id);
  }

  /** Copies rows of a total to one that is empty, in this order. Nothing must be in the next total. */
  copy(total: StateTable, ids: Int32Array, into: StateTable): void {
    const panes = total.f64(this.width - 1);
    for (const id of ids) {
      const to = into.idOfOther(total, id);
      this.each.run(total, id, into, to);
      into.f64(this.width - 1)[to] = panes[id] ?? 0;
      into.change(to);
    }
  }
}

/** Panes that begin at `fromMs` or later and before `toMs`, oldest first. */
export const between = (panes: readonly Pane[], fromMs: number, toMs: number): readonly Pane[] =>
  panes.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
