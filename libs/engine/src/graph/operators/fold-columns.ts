import { forTouched, idOfKey, tableRow } from '../../fuse/keyed-code.js';
import type { GeneratedFunction } from '../../fuse/generated-code.js';
import { EMIT_PARAMS, emittedRow, valueOf, type Emit, type RowCode } from '../../fuse/row-code.js';
import type { StateMember } from '../../state/state-columns.js';
import type { OperatorState } from '../../state/operator-state.js';
import { setAt, type StateTable } from '../../state/state-table.js';
import { cloneJson, copyJson } from '../json-copy.js';
import { timeOf, type BatchEnd, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { roleOf } from './role-of.js';
import { StateCells } from './state-cells.js';
import { stateWithTtl, type Ttl } from './ttl.js';
import { keepState } from './update-state-by-key.js';

export const foldIntoColumns = (parts: OperatorParts, schema: unknown): Operator => new FoldIntoColumns(parts, schema);

/**
 * A fold whose state has a schema: table `state`, a column for each member. The job's code gets an object of a fixed shape,
 * made for the call, and what it answers is written back.
 */
class FoldIntoColumns implements Operator {
  readonly state: OperatorState;
  readonly inline: (row: RowCode) => string;
  private readonly table: StateTable;
  private readonly cells: StateCells;
  private readonly members: readonly StateMember[];
  private readonly pushed: GeneratedFunction<Emit>;
  private readonly emitTouched: GeneratedFunction<(context: RowContext, time: number) => void>;
  private readonly forgotten = new Set<number>();
  private readonly ttl: Ttl | undefined;
  private current: RowContext | undefined;

  constructor(
    private readonly parts: OperatorParts,
    schema: unknown,
  ) {
    const { node, code } = parts;
    this.cells = new StateCells(code, schema, node.options['initial']);
    this.members = this.cells.members;
    const { state, table, ttl } = stateWithTtl(parts, this.cells.columns);
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
    const { current, table } = this;
    this.current = context;
    if (current === undefined) return;
    const { where, node } = this.parts;
    where.operator = node;
    this.keepObjects();
    for (const id of this.forgotten) table.remove(id);
    this.forgotten.clear();
    this.emitTouched.run(current, timeOf(current));
  }

  /** The state of the key was undefined: what comes for it in this batch begins anew. Called by generated code. */
  forget(id: number): void {
    this.forgotten.add(id);
    this.members.forEach(({ column, initial }, index) => {
      const values = this.table.columns[index];
      if (column.type === 'json') setAt(values as unknown[], id, undefined);
      else (values as Float64Array)[id] = Number(initial);
    });
    this.beginOptional(id);
  }

  /** Of a row that begins: what may be missing later is there, so that a cell without a value says that it is missing. */
  beginOptional(id: number): void {
    this.members.forEach(({ isOptional, initial }, index) => {
      if (isOptional === true && initial !== undefined) setAt(this.table.json(index), id, copyJson(initial));
    });
  }

  /** Called by generated code. */
  remember(id: number): void {
    if (this.forgotten.size > 0) this.forgotten.delete(id);
  }

  /** What the job's code gets of a json column, which it may change. Called by generated code. */
  member(index: number, id: number): unknown {
    const held = this.table.json(index)[id];
    if (held === undefined) {
      const member = this.members[index];
      return member?.isOptional === true ? undefined : copyJson(member?.initial);
    }
    return this.table.isFrozen ? copyJson(held) : held;
  }

  /** Nothing else may hold what is kept. */
  private keepObjects(): void {
    const { table, members, parts } = this;
    members.forEach(({ column }, index) => {
      if (column.type !== 'json') return;
      const values = table.json(index);
      for (let i = 0; i < table.touchedCount; i += 1) {
        const id = table.touched[i] ?? 0;
        if (values[id] === undefined) continue;
        parts.where.key = () => table.keys.text(id);
        values[id] = keepState(values[id]);
      }
    });
    parts.where.key = undefined;
  }

  private updateCode(row: RowCode): string {
    const { code, node, where } = this.parts;
    const [self, table, place, here] = code.constantsOf(this, this.table, where, node);
    const [id, state, size] = [code.local('id'), code.local('state'), code.local('size')];
    const begins = this.members.some(({ isOptional, initial }) => isOptional === true && initial !== undefined);
    const apply = code.constant(roleOf(node.functions, 'fold'));
    const given = this.cells.object(table, id, (index) => `${self}.member(${index}, ${id})`);
    return `if (${self}.current !== ${row.context}) ${self}.changeContext(${row.context});
${place}.operator = ${here};
${begins ? `const ${size} = ${table}.size;` : ''}
${idOfKey(table, row, id)}
${begins ? `if (${table}.size !== ${size}) ${self}.beginOptional(${id});` : ''}
${table}.touch(${id});
${this.ttl?.touchCode(code, table, id, row) ?? ''}
const ${state} = ${apply}(${given}, ${valueOf(row)}, ${row.context});
if (${state} === undefined) ${self}.forget(${id});
else {
${self}.remember(${id});
${this.cells.write(table, id, state)}
}`;
  }

  private emitCode(): string {
    const { code } = this.parts;
    const table = code.constant(this.table);
    // What is kept is for this operator alone: rows of another window may change it in this batch already.
    const copy = code.constant(cloneJson);
    const { declare, value } = this.cells.result(table, 'id', (cell) => `${copy}(${cell})`);
    return forTouched(table, `${declare}\n${this.parts.emitCode(tableRow(table, 'id', value, 'context'))}`);
  }
}
