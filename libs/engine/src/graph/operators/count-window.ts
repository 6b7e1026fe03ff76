import { idOfKey } from '../../fuse/keyed-code.js';
import { EMIT_PARAMS, emittedRow, type Emit, type RowCode } from '../../fuse/row-code.js';
import { OperatorState, OWN_KEY } from '../../state/operator-state.js';
import { StateTable, type ColumnSpec } from '../../state/state-table.js';
import type { BatchEnd, Operator, OperatorParts, RowContext } from '../operator.js';
import { AggregateCode } from './aggregate-code.js';
import { rowsMaxOf, Ttl } from './ttl.js';

const COUNT = { name: '@count', type: 'f64' } as const;

/**
 * Figures over the last `size` values of each key, whenever `slide` more have come. Values are added up in panes of one
 * slide each, in turn. State: table `state` with how many values have come (modulo the size) and the figures of pane 0;
 * `pane1`, `pane2` … with those of the others.
 */
export const countWindow = (parts: OperatorParts): Operator => new CountWindow(parts);

class CountWindow implements Operator {
  readonly state: OperatorState;
  readonly inline: (row: RowCode) => string;
  private readonly size: number;
  private readonly slide: number;
  private readonly panes: readonly StateTable[];
  private readonly table: StateTable;
  private readonly figures: AggregateCode;
  private readonly countAt: number;
  private readonly ttl: Ttl | undefined;
  /** Has one row: the window that is put together. */
  private readonly whole: StateTable;
  private readonly pushed: { readonly run: Emit };
  private readonly merged: { readonly run: (into: StateTable, to: number, from: StateTable, id: number) => void };
  private readonly emitted: {
    readonly run: (figures: StateTable, at: number, id: number, time: number, context: RowContext) => void;
  };

  constructor(private readonly parts: OperatorParts) {
    const { node, code } = parts;
    this.size = node.options['size'] as number;
    this.slide = node.options['slide'] as number;
    this.figures = new AggregateCode(node, code);
    const figures = this.figures.columns;
    this.countAt = figures.length;
    const columns = [...figures, COUNT, ...Ttl.columnsOf(node)];
    const names = Array.from({ length: this.size / this.slide }, (_, index) =>
      index === 0 ? 'state' : `pane${index}`,
    );
    const columnsOf = (name: string): readonly ColumnSpec[] | undefined =>
      name === 'state' ? columns : names.includes(name) ? figures : Ttl.tableOf(node, name);
    this.state = new OperatorState(node.uid ?? '', columnsOf, () => this.ttl?.afterRestore(), rowsMaxOf(node));
    this.panes = names.map((name) => this.state.table(name));
    this.table = this.state.table('state');
    this.ttl = Ttl.of(parts, this.state);
    this.whole = new StateTable('whole', figures);
    this.inline = (row) => this.code(row);
    this.pushed = code.add<Emit>(EMIT_PARAMS, () => this.code(emittedRow(true)));
    this.merged = code.add('into, to, from, id', () => this.figures.merge('into', 'to', 'from', 'id'));
    this.emitted = code.add('figures, at, id, time, context', () => this.emitCode());
  }

  push(value: unknown, key: unknown, timeMs: number, context: RowContext): void {
    this.pushed.run(value, key, timeMs, context);
  }

  /** The table of the pane that the next value of the key goes to. Called by generated code. */
  paneOf(id: number): StateTable {
    const count = this.table.f64(this.countAt)[id] ?? 0;
    return this.panes[Math.floor(count / this.slide)] ?? this.table;
  }

  /** A value has been added to its pane. Called by generated code. */
  counted(id: number, time: number, context: RowContext): void {
    const counts = this.table.f64(this.countAt);
    const count = ((counts[id] ?? 0) + 1) % this.size;
    counts[id] = count;
    this.table.change(id);
    if (count % this.slide === 0) this.close(id, count / this.slide, time, context);
  }

  endBatch(batch: BatchEnd): void {
    for (const id of this.ttl?.due(batch) ?? []) {
      for (const pane of this.panes.slice(1)) {
        const other = pane.find(this.table.keys.key(id));
        if (other >= 0) pane.remove(other);
      }
      this.table.remove(id);
    }
  }

  takeCounts(): Readonly<Record<string, number>> {
    return this.ttl?.takeCounts() ?? {};
  }

  /** @param oldest the pane that the next value goes to: it holds the oldest ones. */
  private close(id: number, oldest: number, time: number, context: RowContext): void {
    const { panes, table, whole } = this;
    if (panes.length === 1) {
      this.emitted.run(table, id, id, time, context);
      this.empty(table, id);
      return;
    }
    const to = whole.idOf(OWN_KEY);
    this.empty(whole, to);
    for (let i = 0; i < panes.length; i += 1) {
      const pane = panes[(oldest + i) % panes.length] ?? table;
      const from = pane === table ? id : pane.find(table.keys.key(id));
      if (from >= 0) this.merged.run(whole, to, pane, from);
    }
    this.emitted.run(whole, to, id, time, context);
    const next = panes[oldest] ?? table;
    const gone = next === table ? id : next.find(table.keys.key(id));
    if (next === table) this.empty(table, id);
    else if (gone >= 0) next.remove(gone);
  }

  /** Puts the figures of a row back to what they began with. */
  private empty(table: StateTable, id: number): void {
    this.figures.columns.forEach(({ type, initial = 0 }, index) => {
      if (type === 'json') table.json(index)[id] = undefined;
      else (table.columns[index] as Float64Array)[id] = initial;
    });
  }

  private code(row: RowCode): string {
    const { code, node, where } = this.parts;
    const [self, table, place, here] = code.constantsOf(this, this.table, where, node);
    const [id, pane, at] = [code.local('id'), code.local('pane'), code.local('at')];
    const panes =
      this.panes.length === 1
        ? `const ${pane} = ${table}, ${at} = ${id};`
        : `const ${pane} = ${self}.paneOf(${id});
const ${at} = ${pane} === ${table} ? ${id} : ${pane}.idOfOther(${table}, ${id});
${pane}.change(${at});`;
    return `${place}.operator = ${here};
${idOfKey(table, row, id)}
${this.ttl?.touchCode(code, table, id, row) ?? ''}
${panes}
${this.figures.add(row, pane, at)}
${self}.counted(${id}, ${row.time}, ${row.context});`;
  }

  private emitCode(): string {
    const isReduced = this.parts.node.options['whole'] === true;
    const table = this.parts.code.constant(this.table);
    return this.figures.emit(this.parts, 'figures', 'at', (figures) => {
      const value: RowCode['value'] =
        isReduced && figures.kind === 'struct'
          ? { kind: 'local', code: figures.members[0]?.code ?? 'undefined' }
          : figures;
      return this.parts.emitCode({ value, key: { kind: 'id', table, id: 'id' }, time: 'time', context: 'context' });
    });
  }
}
