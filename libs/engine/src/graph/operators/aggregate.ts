import type { GeneratedFunction } from '../../fuse/generated-code.js';
import { forTouched, idOfKey, tableRow } from '../../fuse/keyed-code.js';
import { EMIT_PARAMS, emittedRow, type Emit, type RowCode } from '../../fuse/row-code.js';
import type { OperatorState } from '../../state/operator-state.js';
import type { StateTable } from '../../state/state-table.js';
import { timeOf, type BatchEnd, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { AggregateCode } from './aggregate-code.js';
import { stateWithTtl, type Ttl } from './ttl.js';

/** Figures of each key over all of its values. State: table `state`, the columns of the figures. */
export const aggregate = (parts: OperatorParts): Operator => new Aggregate(parts);

class Aggregate implements Operator {
  readonly state: OperatorState;
  readonly inline: (row: RowCode) => string;
  private readonly table: StateTable;
  private readonly figures: AggregateCode;
  private readonly pushed: GeneratedFunction<Emit>;
  private readonly emitTouched: GeneratedFunction<(context: RowContext, time: number) => void>;
  private readonly ttl: Ttl | undefined;
  private current: RowContext | undefined;

  constructor(private readonly parts: OperatorParts) {
    const { node, code } = parts;
    this.figures = new AggregateCode(node, code);
    const { state, table, ttl } = stateWithTtl(parts, this.figures.columns);
    this.state = state;
    this.table = table;
    this.ttl = ttl;
    this.inline = (row) => this.updateCode(row);
    this.pushed = code.add<Emit>(EMIT_PARAMS, () => this.updateCode(emittedRow(true)));
    this.emitTouched = code.add('context, time', () => this.emitCode());
  }

  push(value: unknown, key: unknown, timeMs: number, context: RowContext): void {
    this.pushed.run(value, key, timeMs, context);
  }

  endBatch(batch: BatchEnd): void {
    this.changeContext(undefined);
    this.ttl?.endBatch(batch);
  }

  takeCounts(): Readonly<Record<string, number>> {
    return this.ttl?.takeCounts() ?? {};
  }

  /** Rows of another window are a batch of their own. Called by generated code. */
  changeContext(context: RowContext | undefined): void {
    const { current } = this;
    this.current = context;
    if (current !== undefined) this.emitTouched.run(current, timeOf(current));
  }

  private updateCode(row: RowCode): string {
    const { code, node, where } = this.parts;
    const [self, table, place, here] = code.constantsOf(this, this.table, where, node);
    const id = code.local('id');
    return `if (${self}.current !== ${row.context}) ${self}.changeContext(${row.context});
${place}.operator = ${here};
${idOfKey(table, row, id)}
${table}.touch(${id});
${this.ttl?.touchCode(code, table, id, row) ?? ''}
${this.figures.add(row, table, id)}`;
  }

  private emitCode(): string {
    const table = this.parts.code.constant(this.table);
    const emit = this.figures.emit(this.parts, table, 'id', (value) =>
      this.parts.emitCode(tableRow(table, 'id', value, 'context')),
    );
    return forTouched(table, emit);
  }
}
