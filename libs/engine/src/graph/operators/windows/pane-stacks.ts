import type { GeneratedFunction } from '../../../fuse/generated-code.js';
import type { Column, ColumnSpec } from '../../../state/column.js';
import type { StateTable } from '../../../state/state-table.js';
import type { OperatorParts } from '../../operator.js';
import type { Contents } from './contents-port.js';
import type { PaneCode } from './pane-code.js';
import { between, type Pane } from './pane.js';

/** Columns without keys. */
interface Rows {
  columns: Column[];
}

/** What the front had, for the rows of a pane, before the pane was put on it. */
interface Covered extends Rows {
  readonly pane: Pane;
  count: number;
}

interface Slide {
  readonly fromMs: number;
  readonly toMs: number;
  /** All, oldest first. */
  readonly panes: readonly Pane[];
  readonly total: StateTable;
}

/**
 * Totals of sliding windows of which nothing can be taken out, such as a minimum, in two stacks, as a queue is made of them:
 * Tangwongsan, Hirzel and Schneider, "Low-Latency Sliding-Window Aggregation in Worst-Case Constant Time" (DEBS 2017). Time
 * is cut into blocks of one window length, so a window has an end of one block, the **front**, and a beginning of the next,
 * the **back**. The back takes panes as they come. When the window leaves a block, its panes are put on the front one by
 * one, newest first, each of which covers what the front had for its keys; when a pane leaves, that is uncovered again. So
 * each row of a pane is added twice in all, however many panes a window has.
 *
 * Nothing of this lies in a checkpoint: it is made from the panes, in an order that only their times say, and so the same
 * to the last bit whenever it is made. It takes as much memory as the panes of one window and two totals.
 */
export class PaneStacks {
  private readonly code: StackCode;
  private readonly front: Rows;
  private readonly back: Rows;
  /** Of the panes in the front; the oldest one is the last. */
  private covered: Covered[] = [];
  /** Ids in both stacks are those of this table. */
  private total: StateTable | undefined;
  private boundMs = Number.NaN;
  private toMs = -Infinity;
  /** Rows that came for panes that are in. */
  private readonly late = new Map<Pane, Set<number>>();

  constructor(
    parts: OperatorParts,
    contents: Contents,
    private readonly panes: PaneCode,
    private readonly grid: { readonly sizeMs: number; readonly offsetMs: number },
  ) {
    this.code = new StackCode(parts, contents, panes.columns);
    this.front = { columns: panes.columns.map((spec) => cellsOf(spec, 0)) };
    this.back = { columns: panes.columns.map((spec) => cellsOf(spec, 0)) };
  }

  /** @param rows of a pane that have changed. */
  noteLate(pane: Pane, rows: Int32Array): void {
    if (pane.startMs >= this.toMs) return;
    const noted = this.late.get(pane) ?? new Set();
    for (const row of rows) noted.add(row);
    this.late.set(pane, noted);
  }

  /** Writes the totals of the window's keys into the table. */
  slide(slide: Slide): void {
    const { fromMs, toMs, panes, total } = slide;
    const inWindow = between(panes, fromMs, toMs);
    for (const pane of inWindow) this.panes.link(pane, total);
    const { sizeMs, offsetMs } = this.grid;
    const boundMs = Math.ceil((fromMs - offsetMs) / sizeMs) * sizeMs + offsetMs;
    const isOther = boundMs !== this.boundMs || total !== this.total || this.hasNewPane(fromMs);
    const stale = isOther ? NONE : this.staleIds(fromMs);
    this.boundMs = boundMs;
    this.total = total;
    const rows = inWindow.reduce((sum, { table }) => sum + table.size, 0);
    // Looking a key up in each pane costs more than passing over a row.
    if (isOther || stale.size * inWindow.length * 4 > rows) this.makeAnew(inWindow);
    else {
      this.reserve();
      this.uncoverUntil(fromMs);
      for (const pane of between(inWindow, this.toMs, toMs)) this.code.add(pane, 0, pane.table.size, this.back);
      for (const id of stale) this.makeRowAnew(id, inWindow);
    }
    this.late.clear();
    this.toMs = toMs;
    this.code.combine(this.front, this.back, total);
  }

  private makeAnew(inWindow: readonly Pane[]): void {
    const { boundMs } = this;
    this.reserve();
    for (const rows of [this.front, this.back]) resetRows(rows, this.panes.columns);
    this.covered = [];
    for (const pane of between(inWindow, -Infinity, boundMs).toReversed()) {
      const { size } = pane.table;
      const covered: Covered = { pane, count: size, columns: this.panes.columns.map((spec) => cellsOf(spec, size)) };
      this.code.cover(pane, 0, size, this.front, covered);
      this.covered.push(covered);
    }
    for (const pane of between(inWindow, boundMs, Infinity)) this.code.add(pane, 0, pane.table.size, this.back);
  }

  private uncoverUntil(fromMs: number): void {
    for (let last = this.covered.at(-1); last !== undefined && last.pane.startMs < fromMs; last = this.covered.at(-1)) {
      this.code.uncover(last, this.front);
      this.covered.pop();
    }
  }

  /** One key, in the order in which {@link makeAnew} makes all. */
  private makeRowAnew(id: number, inWindow: readonly Pane[]): void {
    const { total, boundMs } = this;
    if (total === undefined) return;
    for (const rows of [this.front, this.back]) resetRow(rows, this.panes.columns, id);
    for (const covered of this.covered) {
      const { pane } = covered;
      const row = pane.table.findOther(total, id);
      if (row < 0) continue;
      if (row >= covered.count) growRows(covered, this.panes.columns, (covered.count = pane.table.size));
      this.code.cover(pane, row, row + 1, this.front, covered);
    }
    for (const pane of between(inWindow, boundMs, Infinity)) {
      const row = pane.table.findOther(total, id);
      if (row >= 0) this.code.add(pane, row, row + 1, this.back);
    }
  }

  /** Whether a late row is the first one of its pane, which must then go below others in the front. */
  private hasNewPane(fromMs: number): boolean {
    const isNew = (pane: Pane): boolean => !this.covered.some((covered) => covered.pane === pane);
    return [...this.late.keys()].some((pane) => pane.startMs >= fromMs && pane.startMs < this.boundMs && isNew(pane));
  }

  /** Ids of the keys of late rows. */
  private staleIds(fromMs: number): ReadonlySet<number> {
    if (this.late.size === 0) return NONE;
    const ids = new Set<number>();
    for (const [pane, rows] of this.late) {
      if (pane.startMs >= fromMs) for (const row of rows) ids.add(pane.links[row] ?? 0);
    }
    return ids;
  }

  /** As much room as the table has. */
  private reserve(): void {
    const capacity = this.total?.columns[0]?.length ?? 0;
    for (const rows of [this.front, this.back]) {
      if ((rows.columns[0]?.length ?? 0) < capacity) growRows(rows, this.panes.columns, capacity);
    }
  }
}

const NONE: ReadonlySet<number> = new Set();

type Pass = (pane: StateTable, links: Int32Array, from: number, count: number, into: Rows, covered?: Rows) => void;

/** The passes over columns, generated: rows have the columns of a total, of which the last one is `@panes`. */
class StackCode {
  private readonly covering: GeneratedFunction<Pass>;
  private readonly uncovering: GeneratedFunction<(links: Int32Array, count: number, into: Rows, covered: Rows) => void>;
  private readonly adding: GeneratedFunction<Pass>;
  private readonly combining: GeneratedFunction<(front: Rows, back: Rows, total: StateTable, count: number) => void>;

  constructor({ code }: OperatorParts, contents: Contents, columns: readonly ColumnSpec[]) {
    const last = columns.length - 1;
    const copy = (into: string, to: string, from: string, at: string, count: number): string =>
      columns
        .slice(0, count)
        .map((_, index) => `${into}.columns[${index}][${to}] = ${from}.columns[${index}][${at}];`)
        .join('\n');
    const loop = (body: string): string => `for (let id = from; id < count; id += 1) {
const to = links[id];
${body}
}`;
    const params = 'pane, links, from, count, into, covered';
    this.covering = code.add(params, () =>
      loop(`${copy('covered', 'id', 'into', 'to', last + 1)}
${copy('into', 'to', 'pane', 'id', last)}
if (covered.columns[${last}][id] > 0) {
${contents.merge('into', 'to', 'covered', 'id')}
}
into.columns[${last}][to] = covered.columns[${last}][id] + 1;`),
    );
    this.uncovering = code.add(
      'links, count, into, covered',
      () => `const from = 0;\n${loop(copy('into', 'to', 'covered', 'id', last + 1))}`,
    );
    this.adding = code.add(params, () =>
      loop(`if (into.columns[${last}][to] > 0) {
${contents.merge('into', 'to', 'pane', 'id')}
} else {
${copy('into', 'to', 'pane', 'id', last)}
}
into.columns[${last}][to] += 1;`),
    );
    this.combining = code.add(
      'front, back, total, count',
      () => `for (let id = 0; id < count; id += 1) {
const inFront = front.columns[${last}][id];
const inBack = back.columns[${last}][id];
if (inFront > 0) {
${copy('total', 'id', 'front', 'id', last)}
if (inBack > 0) {
${contents.merge('total', 'id', 'back', 'id')}
}
} else if (inBack > 0) {
${copy('total', 'id', 'back', 'id', last)}
}
total.columns[${last}][id] = inFront + inBack;
}`,
    );
  }

  /** Puts rows of a pane, which is older than all in it, on the front. */
  cover(pane: Pane, from: number, to: number, front: Rows, covered: Rows): void {
    this.covering.run(pane.table, pane.links, from, to, front, covered);
  }

  uncover(covered: Covered, front: Rows): void {
    this.uncovering.run(covered.pane.links, covered.count, front, covered);
  }

  /** Adds rows of a pane, which is newer than all in it, to the back. */
  add(pane: Pane, from: number, to: number, back: Rows): void {
    this.adding.run(pane.table, pane.links, from, to, back);
  }

  combine(front: Rows, back: Rows, total: StateTable): void {
    this.combining.run(front, back, total, total.size);
  }
}

function cellsOf({ type, initial = 0 }: ColumnSpec, length: number): Column {
  const cells = type === 'bool' ? new Uint8Array(length) : new Float64Array(length);
  return initial === 0 ? cells : cells.fill(initial);
}

function growRows(rows: Rows, specs: readonly ColumnSpec[], length: number): void {
  rows.columns = specs.map((spec, index) => {
    const longer = cellsOf(spec, length) as Float64Array;
    longer.set(rows.columns[index] as Float64Array);
    return longer;
  });
}

function resetRow({ columns }: Rows, specs: readonly ColumnSpec[], id: number): void {
  specs.forEach(({ initial = 0 }, index) => {
    (columns[index] as Float64Array)[id] = initial;
  });
}

function resetRows({ columns }: Rows, specs: readonly ColumnSpec[]): void {
  specs.forEach(({ initial = 0 }, index) => {
    (columns[index] as Float64Array).fill(initial);
  });
}
