import type { GeneratedFunction } from '../../../fuse/generated-code.js';
import { IdSet } from '../../../state/growing.js';
import type { ColumnSpec, StateTable } from '../../../state/state-table.js';
import type { OperatorParts } from '../../operator.js';
import type { Contents } from './contents-port.js';
import type { Pane } from './pane.js';

/** From here on, whole numbers round. */
const EXACT_BELOW = 2 ** 53;

/**
 * Keys whose total is not carried on from slide to slide. Below 2^53, whole numbers are added and taken out again without
 * rounding; a sum that gets there, or overflows, loses digits of all others, which are missed when it has left. A key is
 * **rough** while a pane of the window has such a sum, or the panes come to one when they are added up, oldest first; its
 * total is made in just this way at every slide, until it is rough no more.
 *
 * State: the column `@rough` of totals. Totals without sums have none, and no key of theirs is rough.
 */
export class RoughTotals {
  readonly columns: readonly ColumnSpec[];
  /** Whether a key may be found rough now; otherwise it need not be looked whether one is. */
  mayCome = false;
  /** Of the current total, with {@link ROUGH} in its column. Written by generated code. */
  private readonly ids = new IdSet();
  private readonly sums: readonly number[];
  /** By id of a total: adds a row of a pane; adds rows of a pane to those that are rough. */
  private readonly added: GeneratedFunction<(pane: StateTable, id: number, total: StateTable, to: number) => void>;
  private readonly passed: GeneratedFunction<(pane: StateTable, links: Int32Array, total: StateTable) => void>;

  /** @param at the index of its column in a total. @param contents of a total that panes can be taken out of, if it is one. */
  constructor(
    private readonly parts: Pick<OperatorParts, 'code'>,
    private readonly contents: Contents | undefined,
    private readonly at: number,
  ) {
    const { code } = parts;
    this.sums = contents?.sums ?? [];
    this.columns = this.sums.length === 0 ? [] : [{ name: '@rough', type: 'bool', optional: true }];
    const add = (): string => `${contents?.merge('total', 'to', 'pane', 'id') ?? ''}
if (${this.rounds('total', 'to')} || ${this.rounds('pane', 'id')}) total.columns[${at}][to] = ${ROUGH_AGAIN};`;
    this.added = code.add('pane, id, total, to', add);
    this.passed = code.add(
      'pane, links, total',
      () => `for (let id = 0; id < links.length; id += 1) {
const to = links[id];
if (total.columns[${at}][to] === 0) continue;
${add()}
}`,
    );
  }

  /** Call before panes are added and taken out. @param panes all that are in a total, or come to it. */
  lookAt(panes: readonly Pane[]): void {
    let bound = 0;
    for (const pane of panes) bound += pane.peak ??= this.peakOf(pane.table);
    this.mayCome = bound >= EXACT_BELOW / 2;
  }

  /** Statements that look at `to` of a total to which `id` of a pane was added, or of which it was taken out. */
  noteCode(at: { total: string; to: string; pane: string; id: string; isNext?: boolean }): string {
    if (this.sums.length === 0) return '';
    return `if (${this.rounds(at.total, at.to)} || ${this.rounds(at.pane, at.id)}) {
${at.total}.columns[${this.at}][${at.to}] = ${ROUGH};
${at.isNext === true ? '' : `${this.parts.code.constant(this.ids)}.add(${at.to});`}
}`;
  }

  /** Adds up the totals of rough keys. @param panes of the window, oldest first. @param link makes a pane's links complete. */
  makeAnew(panes: readonly Pane[], total: StateTable, link: (pane: Pane) => void): void {
    const ids = this.ids.take();
    if (ids.length === 0) return;
    for (const id of ids) this.begin(total, id);
    const rows = panes.reduce((sum, { table }) => sum + table.size, 0);
    // Looking a key up in each pane costs more than passing over a row.
    if (ids.length * panes.length * 4 > rows) {
      for (const pane of panes) {
        link(pane);
        this.passed.run(pane.table, pane.links, total);
      }
    } else for (const id of ids) this.addPanes(panes, total, id);
    const rough = total.columns[this.at] as Uint8Array;
    for (const id of ids) {
      const isRough = rough[id] === ROUGH_AGAIN;
      rough[id] = isRough ? ROUGH : 0;
      if (isRough) this.ids.add(id);
      total.change(id);
    }
  }

  /** Call when another table is the total, or its columns have come from elsewhere. */
  collectFrom(total: StateTable): void {
    if (this.sums.length === 0) return;
    this.ids.take();
    const rough = total.columns[this.at] as Uint8Array;
    for (let id = 0; id < total.size; id += 1) if (rough[id] !== 0) this.ids.add(id);
  }

  copy(total: StateTable, id: number, into: StateTable, to: number): void {
    if (this.sums.length > 0)
      (into.columns[this.at] as Uint8Array)[to] = (total.columns[this.at] as Uint8Array)[id] ?? 0;
  }

  /** How large a sum of the table is at most; Infinity if one is past all that is exact. */
  private peakOf({ columns, size }: StateTable): number {
    let peak = 0;
    for (const index of this.sums) {
      const sums = columns[index] as Float64Array;
      for (let id = 0; id < size; id += 1) {
        const sum = Math.abs(sums[id] ?? 0);
        if (!(sum < EXACT_BELOW)) return Infinity;
        if (sum > peak) peak = sum;
      }
    }
    return peak;
  }

  private begin({ columns }: StateTable, id: number): void {
    this.contents?.columns.forEach(({ initial = 0 }, index) => {
      (columns[index] as Float64Array)[id] = initial;
    });
    (columns[this.at] as Uint8Array)[id] = ROUGH;
  }

  private addPanes(panes: readonly Pane[], total: StateTable, id: number): void {
    for (const { table } of panes) {
      const row = table.findOther(total, id);
      if (row >= 0) this.added.run(table, row, total, id);
    }
  }

  /** An expression: whether a sum in the row is past all that is exact. */
  private rounds(table: string, id: string): string {
    const cells = this.sums.map((index) => `${table}.columns[${index}][${id}]`);
    if (cells.length === 0) return 'false';
    // In one comparison for what is not a number, too.
    return cells.map((cell) => `!(Math.abs(${cell}) < ${EXACT_BELOW})`).join(' || ');
  }
}

const ROUGH = 1;
/** Was found rough while it was made anew. */
const ROUGH_AGAIN = 2;
