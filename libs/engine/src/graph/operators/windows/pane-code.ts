import { BLOCK_ROWS } from '../../../state/key-block.js';
import type { GeneratedCode, GeneratedFunction } from '../../../fuse/generated-code.js';
import type { ColumnSpec, StateTable } from '../../../state/state-table.js';
import type { OperatorParts } from '../../operator.js';
import type { Contents } from './contents-port.js';
import type { LateRow, Pane } from './pane.js';
import { RoughTotals } from './rough-totals.js';

type Late = (from: StateTable, id: number, pane: StateTable, row: number, total: unknown, to: number) => void;
type Pass = (pane: StateTable, links: Int32Array, total: StateTable, count: number) => void;

/** A pass over a pane, and the same which also notes what is rough. */
interface Passes {
  readonly plain: GeneratedFunction<Pass>;
  readonly noting: GeneratedFunction<Pass>;
}

/**
 * Adds panes to a table of totals, and takes them out again: each is one pass over the pane's columns. A total has the
 * columns of the contents and `@panes`, how many panes have the key; if panes can be taken out, also that of
 * {@link RoughTotals}, and all of them once more for the next total: see pane-totals.ts.
 */
export class PaneCode {
  readonly columns: readonly ColumnSpec[];
  /** Whether a pane can be taken out of a total again. */
  readonly canRetract: boolean;
  /** Whether totals come from two stacks of them instead. */
  readonly canStack: boolean;
  readonly rough: RoughTotals;
  /** Columns of a total, without those of the next one. */
  private readonly width: number;
  /** The index of `@panes`. */
  private readonly panesAt: number;
  private readonly added: Passes;
  private readonly addedToBoth: Passes;
  private readonly takenOut: Passes;
  private readonly found: GeneratedFunction<(pane: StateTable, into: StateTable, count: number) => void>;
  private readonly each: GeneratedFunction<(from: StateTable, id: number, into: unknown, to: number) => void>;
  private readonly late: { readonly total: GeneratedFunction<Late>; readonly next: GeneratedFunction<Late> };

  constructor({ code }: OperatorParts, contents: Contents) {
    const merge = contents.merge('total', 'to', 'pane', 'id');
    const retract = contents.retract('total', 'to', 'pane', 'id');
    this.canRetract = retract !== undefined;
    this.panesAt = contents.columns.length;
    this.rough = new RoughTotals({ code }, this.canRetract ? contents : undefined, this.panesAt + 1);
    const { rough } = this;
    const own: readonly ColumnSpec[] = [...contents.columns, { name: '@panes', type: 'f64' }, ...rough.columns];
    this.canStack = !this.canRetract && own.every(({ type }) => type !== 'json');
    this.width = own.length;
    const next = own.map((column) => ({ ...column, name: `@next.${column.name}` }));
    this.columns = this.canRetract ? [...own, ...next] : own;
    const panes = (total: string): string => `${total}.columns[${this.panesAt}][to]`;
    const passes = passesOf(code, rough);
    const add = `${merge}\n${panes('total')} += 1;`;
    this.added = passes((note) => loop(`${add}\n${note}`));
    this.addedToBoth = passes(
      (note, noteNext) => `const next = { columns: total.columns.slice(${own.length}) };
${loop(`${add}
${note}
${contents.merge('next', 'to', 'pane', 'id')}
${panes('next')} += 1;
${noteNext}`)}`,
    );
    const reset = own.map(({ type, initial = 0 }, index) => {
      return `total.columns[${index}][to] = ${type === 'json' ? 'undefined' : String(initial)};`;
    });
    this.takenOut = passes((note) =>
      loop(`${panes('total')} -= 1;
if (${panes('total')} === 0) {
${reset.join('\n')}
} else {
${retract ?? ''}
${note}
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
    const lateCode = (isNext: boolean) => () => `${contents.merge('total', 'to', 'from', 'id')}
${rough.noteCode({ total: 'total', to: 'to', pane: 'pane', id: 'row', isNext })}`;
    const lateParams = 'from, id, pane, row, total, to';
    this.late = { total: code.add(lateParams, lateCode(false)), next: code.add(lateParams, lateCode(true)) };
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
    const passes = toNext && this.canRetract ? this.addedToBoth : this.added;
    passes[this.passKind].run(pane.table, pane.links, total, pane.links.length);
    if (this.canRetract) for (const id of pane.links) total.change(id);
  }

  leave(pane: Pane, total: StateTable): void {
    this.link(pane, total);
    this.takenOut[this.passKind].run(pane.table, pane.links, total, pane.links.length);
    for (const id of pane.links) total.change(id);
  }

  private get passKind(): keyof Passes {
    return this.rough.mayCome ? 'noting' : 'plain';
  }

  /** Adds a late row to a total, or to the next one, that has its pane. */
  addLate({ from, id, pane, row, isNew }: LateRow, total: StateTable, { isNext }: { readonly isNext: boolean }): void {
    const to = total.idOfOther(from, id);
    const at = isNext ? this.width : 0;
    this.late[isNext ? 'next' : 'total'].run(from, id, pane.table, row, { columns: total.columns.slice(at) }, to);
    const panes = total.f64(at + this.panesAt);
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
    const panes = total.f64(this.panesAt);
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
    this.rough.collectFrom(total);
  }

  /** Copies rows of a total to one that is empty, in this order. Nothing must be in the next total. */
  copy(total: StateTable, ids: Int32Array, into: StateTable): void {
    const panes = total.f64(this.panesAt);
    for (const id of ids) {
      const to = into.idOfOther(total, id);
      this.each.run(total, id, into, to);
      into.f64(this.panesAt)[to] = panes[id] ?? 0;
      this.rough.copy(total, id, into, to);
      into.change(to);
    }
    this.rough.collectFrom(into);
  }
}

const loop = (body: string): string => `for (let id = 0; id < count; id += 1) {
const to = links[id];
${body}
}`;

/** Adds passes over a pane: `bodyOf` puts in what notes that a row of the total, or of the next one, is rough. */
const passesOf =
  (code: GeneratedCode, rough: RoughTotals) =>
  (bodyOf: (note: string, noteNext: string) => string): Passes => {
    const row = { to: 'to', pane: 'pane', id: 'id' };
    const pass = (body: () => string) => code.add<Pass>('pane, links, total, count', body);
    return {
      plain: pass(() => bodyOf('', '')),
      noting: pass(() =>
        bodyOf(rough.noteCode({ ...row, total: 'total' }), rough.noteCode({ ...row, total: 'next', isNext: true })),
      ),
    };
  };
