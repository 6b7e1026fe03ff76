import type { GeneratedFunction } from '../../../fuse/generated-code.js';
import type { StateTable } from '../../../state/state-table.js';
import type { OperatorParts } from '../../operator.js';
import type { Contents } from './contents-port.js';

/** Rows of one slide. No row is ever removed from a pane, so its ids are 0 to size − 1. */
export interface Pane {
  readonly startMs: number;
  readonly table: StateTable;
  /** By table of totals: the row there of each row here; shorter than the table where keys have come since it was made. */
  readonly links: Map<StateTable, Int32Array>;
}

type Pass = (pane: StateTable, links: Int32Array, total: StateTable, count: number) => void;

/** Adds panes to tables of totals, and takes them out again: each is one pass over the pane's columns. */
export class PaneCode {
  /** Whether a pane can be taken out of a total again. */
  readonly canRetract: boolean;
  /** The column of a total that counts the panes which have the key; behind those of the contents. */
  private readonly panes: number;
  private readonly added: GeneratedFunction<Pass>;
  private readonly takenOut: GeneratedFunction<Pass>;
  private readonly found: GeneratedFunction<(pane: StateTable, into: StateTable, count: number) => void>;
  private readonly each: GeneratedFunction<(from: StateTable, id: number, into: StateTable, to: number) => void>;

  constructor({ code }: OperatorParts, contents: Contents) {
    this.panes = contents.columns.length;
    const merge = contents.merge('total', 'to', 'pane', 'id');
    const retract = contents.retract('total', 'to', 'pane', 'id');
    this.canRetract = retract !== undefined;
    const panes = `total.columns[${this.panes}][to]`;
    const pass = (body: string): string => `for (let id = 0; id < count; id += 1) {
const to = links[id];
${body}
}`;
    const params = 'pane, links, total, count';
    this.added = code.add(params, () => pass(`${merge}\n${panes} += 1;`));
    this.takenOut = code.add(params, () =>
      pass(`${panes} -= 1;
if (${panes} === 0) total.reset(to);
else {
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

  /** Adds a pane to a total. Rows that are new there count as changed; the others do if `isKept`. */
  enter(pane: Pane, total: StateTable, isKept: boolean): void {
    const known = isKept ? 0 : total.size;
    const links = linksOf(pane, total);
    this.added.run(pane.table, links, total, links.length);
    if (isKept) changeAll(total, links);
    else for (let id = known; id < total.size; id += 1) total.change(id);
  }

  leave(pane: Pane, total: StateTable): void {
    const links = linksOf(pane, total);
    this.takenOut.run(pane.table, links, total, links.length);
    changeAll(total, links);
    pane.links.delete(total);
  }

  /** Adds one row of `from`, whose key a pane of the total has got with it if `isNew`. */
  addRow(from: StateTable, id: number, total: StateTable, isNew: boolean): void {
    const to = total.idOfOther(from, id);
    this.each.run(from, id, total, to);
    total.change(to);
    const panes = total.f64(this.panes);
    if (isNew) panes[to] = (panes[to] ?? 0) + 1;
  }

  /** Adds a row of `from` to the row `to` of a table without a count of panes. */
  mergeRow(from: StateTable, id: number, into: StateTable, to: number): void {
    this.each.run(from, id, into, to);
  }

  /** Adds what a pane has of the keys of `into`. */
  addFound(pane: Pane, into: StateTable): void {
    this.found.run(pane.table, into, into.size);
  }

  /** Rows of a total that have something. */
  heldIds(total: StateTable): Int32Array {
    const panes = total.f64(this.panes);
    const ids = new Int32Array(total.size);
    let count = 0;
    for (let id = 0; id < ids.length; id += 1) if ((panes[id] ?? 0) > 0) ids[count++] = id;
    return ids.subarray(0, count);
  }
}

function linksOf({ table, links }: Pane, total: StateTable): Int32Array {
  const known = links.get(total);
  if (known?.length === table.size) return known;
  const made = new Int32Array(table.size);
  for (let id = 0; id < made.length; id += 1) made[id] = total.idOfOther(table, id);
  links.set(total, made);
  return made;
}

function changeAll(total: StateTable, ids: Int32Array): void {
  for (const id of ids) total.change(id);
}
