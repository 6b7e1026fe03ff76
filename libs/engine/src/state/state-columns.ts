import type { ColumnSpec } from './state-table.js';

/** One member of a state that has a schema, and the column that it lies in. */
export interface StateMember {
  readonly column: ColumnSpec;
  /** The state is no object and lies in this one column as a whole. */
  readonly isWhole: boolean;
  /** What a new key has. */
  readonly initial: unknown;
  /** May be missing in a state: then its cell is undefined. */
  readonly isOptional?: true;
}

/**
 * The columns of a state: plain numbers and booleans that are always there in typed ones, all else as JSON.
 *
 * @param schema JSON Schema of the state.
 * @param initial plain JSON that fits the schema.
 */
export function columnsOfState(schema: unknown, initial: unknown): readonly StateMember[] {
  const { type, properties, required } = schema as {
    readonly type?: unknown;
    readonly properties?: { readonly [name: string]: unknown };
    readonly required?: readonly string[];
  };
  if (type !== 'object' || properties === undefined || Object.keys(properties).length === 0) {
    return [{ ...memberOf('value', schema, initial), isWhole: true }];
  }
  const begin = (typeof initial === 'object' && initial !== null ? initial : {}) as {
    readonly [name: string]: unknown;
  };
  return Object.entries(properties).map(([name, member]) =>
    required?.includes(name) === true
      ? memberOf(name, member, begin[name])
      : { ...memberOf(name, {}, begin[name]), isOptional: true },
  );
}

function memberOf(name: string, schema: unknown, initial: unknown): StateMember {
  const { type } = schema as { readonly type?: unknown };
  if ((type === 'number' || type === 'integer') && typeof initial === 'number') {
    return { column: { name, type: 'f64', initial }, isWhole: false, initial };
  }
  if (type === 'boolean' && typeof initial === 'boolean') {
    return { column: { name, type: 'bool', initial: initial ? 1 : 0 }, isWhole: false, initial };
  }
  return { column: { name, type: 'json' }, isWhole: false, initial };
}

/** The columns of state that is declared by what it begins with: a cell that came with a later revision begins so too. */
export const columnsOfCells = (initial: { readonly [name: string]: unknown }): readonly StateMember[] =>
  Object.entries(initial).map(([name, value]) => {
    const type = typeof value === 'number' ? 'number' : typeof value;
    const { column, ...member } = memberOf(name, { type }, value);
    return { ...member, column: { ...column, optional: true } };
  });
