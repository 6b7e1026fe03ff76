import type { GeneratedCode } from '../../fuse/generated-code.js';
import { propertyName, type RowCode } from '../../fuse/row-code.js';
import { columnsOfState, type StateMember } from '../../state/state-columns.js';
import { setAt, type ColumnSpec } from '../../state/state-table.js';
import { misuse } from '../failure.js';
import { refuseThenable } from '../operator.js';

/**
 * How a state that has a schema lies in a table, a column for each member, as generated code: the job's code gets an object
 * of a fixed shape, made for the call, and what it answers is written back.
 */
export class StateCells {
  readonly members: readonly StateMember[];
  readonly columns: readonly ColumnSpec[];

  constructor(
    private readonly code: GeneratedCode,
    schema: unknown,
    initial: unknown,
  ) {
    this.members = columnsOfState(schema, initial);
    this.columns = this.members.map(({ column }) => column);
  }

  /** An expression: the state at `id` of `table`. @param json an expression of the json column with this index. */
  object(table: string, id: string, json: (index: number) => string): string {
    const read = this.members.map(({ column }, index) =>
      column.type === 'json'
        ? json(index)
        : `${table}.columns[${index}][${id}]${column.type === 'bool' ? ' === 1' : ''}`,
    );
    if (this.isSingle()) return read[0] ?? 'undefined';
    return `{ ${this.members.map(({ column }, index) => `${propertyName(column.name)}: ${read[index] ?? ''}`).join(', ')} }`;
  }

  /** Statements that write the local `state` to `id` of `table`, where it fits the schema. */
  write(table: string, id: string, state: string): string {
    const refuse = this.code.constant(refuseState);
    const isObject = `if (typeof ${state} !== 'object' || ${state} === null) ${refuse}(${state}, '');`;
    const writes = this.members.map((member, index) => {
      const local = this.code.local('member');
      const name = this.isSingle() ? '' : member.column.name;
      const value = `const ${local} = ${name === '' ? state : `${state}[${JSON.stringify(name)}]`};`;
      const target = `${table}.columns[${index}]`;
      return `${value}\n${this.writeMember(member, { local, target, id, refuse: `${refuse}(${state}, ${JSON.stringify(name)})` })}`;
    });
    return [...(this.isSingle() ? [] : [isObject]), ...writes].join('\n');
  }

  /**
   * The state at `id` of `table` as it goes on: statements, and the value behind them.
   * @param json an expression of what goes on of a cell with JSON.
   */
  result(
    table: string,
    id: string,
    json: (cell: string) => string,
  ): { readonly declare: string; readonly value: RowCode['value'] } {
    const members = this.members.map(({ column: { name, type } }, index) => {
      const cell = `${table}.columns[${index}][${id}]`;
      if (type === 'f64') return { name, code: cell, type: 'number' as const };
      return { name, code: type === 'bool' ? `(${cell} === 1)` : json(cell), type: 'json' as const };
    });
    if (this.isSingle()) return { declare: '', value: { kind: 'local', code: members[0]?.code ?? 'undefined' } };
    if (!this.hasOptional()) return { declare: '', value: { kind: 'struct', members } };
    const state = this.code.local('state');
    const declare = `const ${state} = ${this.row(table, id, (index) => members[index]?.code ?? 'undefined')};`;
    return { declare, value: { kind: 'local', code: state } };
  }

  /** An expression: the state at `id` of `table`, as JSON has it. @param json as for {@link object}. */
  row(table: string, id: string, json: (index: number) => string): string {
    const object = this.object(table, id, json);
    return this.hasOptional() ? `${this.code.constant(withoutMissing)}(${object})` : object;
  }

  private writeMember(
    { column, isOptional }: StateMember,
    at: { readonly local: string; readonly target: string; readonly id: string; readonly refuse: string },
  ): string {
    const { local, target, id, refuse } = at;
    switch (column.type) {
      case 'f64':
        return `if (typeof ${local} !== 'number' || ${local} - ${local} !== 0) ${refuse};\n${target}[${id}] = ${local} + 0;`;
      case 'bool':
        return `if (typeof ${local} !== 'boolean') ${refuse};\n${target}[${id}] = ${local} ? 1 : 0;`;
      case 'json':
        return `${isOptional === true ? '' : `if (${local} === undefined) ${refuse};\n`}${this.code.constant(setAt)}(${target}, ${id}, ${local});`;
    }
  }

  private hasOptional(): boolean {
    return this.members.some(({ isOptional }) => isOptional);
  }

  /** A state that is no object lies in one column. */
  private isSingle(): boolean {
    return this.members.length === 1 && this.members[0]?.isWhole === true;
  }
}

/** Called by generated code with a state that does not fit its schema. */
function refuseState(state: unknown, name: string): never {
  refuseThenable(state);
  const found = name === '' ? state : (state as { readonly [name: string]: unknown })[name];
  const what = name === '' ? 'the state' : `the state's "${name}"`;
  throw misuse(`${what} is ${described(found)}, which its schema does not allow`);
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
