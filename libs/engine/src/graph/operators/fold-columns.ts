import { forTouched, idOfKey, tableRow } from '../../fuse/keyed-code.js';
import type { GeneratedFunction } from '../../fuse/generated-code.js';
import { EMIT_PARAMS, emittedRow, propertyName, valueOf, type Emit, type RowCode } from '../../fuse/row-code.js';
import { columnsOfState, type StateMember } from '../../state/state-columns.js';
import type { OperatorState } from '../../state/operator-state.js';
import { setAt, type StateTable } from '../../state/state-table.js';
import { misuse } from '../failure.js';
import { cloneJson, copyJson } from '../json-copy.js';
import {
  refuseThenable,
  timeOf,
  type BatchEnd,
  type Operator,
  type OperatorParts,
  type RowContext,
} from '../operator.js';
import { roleOf } from './role-of.js';
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
    this.members = columnsOfState(schema, node.options['initial']);
    const columns = this.members.map(({ column }) => column);
    const { state, table, ttl } = stateWithTtl(parts, columns);
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

  /** Called by generated code with a state that does not fit its schema. */
  refuse(state: unknown, name: string): never {
    refuseThenable(state);
    const found = name === '' ? state : (state as { readonly [name: string]: unknown })[name];
    const what = name === '' ? 'the state' : `the state's "${name}"`;
    throw misuse(`${what} is ${described(found)}, which its schema does not allow`);
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
    const single = this.isSingle();
    const read = this.members.map(({ column }, index) =>
      column.type === 'json'
        ? `${self}.member(${index}, ${id})`
        : `${table}.columns[${index}][${id}]${column.type === 'bool' ? ' === 1' : ''}`,
    );
    const given = single
      ? (read[0] ?? 'undefined')
      : `{ ${this.members.map(({ column }, index) => `${propertyName(column.name)}: ${read[index] ?? ''}`).join(', ')} }`;
    const writes = this.members.map((member, index) => this.writeCode(member, index, { self, table, id, state }));
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
${single ? '' : `if (typeof ${state} !== 'object' || ${state} === null) ${self}.refuse(${state}, '');`}
${self}.remember(${id});
${writes.join('\n')}
}`;
  }

  private writeCode(
    { column, isOptional }: StateMember,
    index: number,
    names: { readonly self?: string; readonly table?: string; readonly id: string; readonly state: string },
  ): string {
    const { self = '', table = '', id, state } = names;
    const member = this.parts.code.local('member');
    const name = this.isSingle() ? '' : column.name;
    const value = `const ${member} = ${name === '' ? state : `${state}[${JSON.stringify(name)}]`};`;
    const refuse = `${self}.refuse(${state}, ${JSON.stringify(name)})`;
    const target = `${table}.columns[${index}]`;
    switch (column.type) {
      case 'f64':
        return `${value}\nif (typeof ${member} !== 'number' || ${member} - ${member} !== 0) ${refuse};\n${target}[${id}] = ${member} + 0;`;
      case 'bool':
        return `${value}\nif (typeof ${member} !== 'boolean') ${refuse};\n${target}[${id}] = ${member} ? 1 : 0;`;
      case 'json':
        return `${value}\n${isOptional === true ? '' : `if (${member} === undefined) ${refuse};\n`}${this.parts.code.constant(setAt)}(${target}, ${id}, ${member});`;
    }
  }

  private emitCode(): string {
    const table = this.parts.code.constant(this.table);
    const members = this.members.map(({ column: { name, type } }, index) => {
      const cell = `${table}.columns[${index}][id]`;
      if (type === 'f64') return { name, code: cell, type: 'number' as const };
      // What is kept is for this operator alone: rows of another window may change it in this batch already.
      const value = type === 'bool' ? `(${cell} === 1)` : `${this.parts.code.constant(cloneJson)}(${cell})`;
      return { name, code: value, type: 'json' as const };
    });
    const emit = (value: RowCode['value']): string => this.parts.emitCode(tableRow(table, 'id', value, 'context'));
    if (this.isSingle()) return forTouched(table, emit({ kind: 'local', code: members[0]?.code ?? 'undefined' }));
    const struct = { kind: 'struct', members } as const;
    if (!this.members.some(({ isOptional }) => isOptional)) return forTouched(table, emit(struct));
    const state = this.parts.code.local('state');
    const whole = valueOf(tableRow(table, 'id', struct, 'context'));
    const declare = `const ${state} = ${this.parts.code.constant(withoutMissing)}(${whole});`;
    return forTouched(table, `${declare}\n${emit({ kind: 'local', code: state })}`);
  }

  /** A state that is no object lies in one column. */
  private isSingle(): boolean {
    return this.members.length === 1 && this.members[0]?.isWhole === true;
  }
}

/** Without the members that are undefined: JSON has none, and whoever keeps the row would refuse them. */
function withoutMissing(state: { [name: string]: unknown }): object {
  for (const name of Object.keys(state)) if (state[name] === undefined) Reflect.deleteProperty(state, name);
  return state;
}

const described = (value: unknown): string => {
  if (typeof value === 'number') return String(value);
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
};
