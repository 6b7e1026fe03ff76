import { own } from '@tidemark/domain';
import { checkValue, setMember } from '../schema/check-value.js';
import { parseSchema } from '../schema/parse-schema.js';
import {
  assembleBlock,
  ByteList,
  readBlock,
  textAt,
  type ColumnType,
  type ReadBlock,
  type Section,
  type Texts,
} from '../state/state-block.js';
import { columnsOfCells, columnsOfState, type StateMember } from '../state/state-columns.js';
import type { StoredForm } from '../ports.js';
import type { CheckedNode, TenantFunction } from './checked-definition.js';
import { copyJson } from './json-copy.js';
import { VALUE_COLUMN } from './operators/update-state-by-key.js';
import { stateSchemaOf, stepsOf } from './state-versions.js';

/** State that cannot be read as the new form. `key` is the JSON text of the key. */
export class ConversionError extends Error {
  constructor(
    readonly key: string,
    reason: string,
  ) {
    super(reason);
  }
}

/** The table that holds what the job's code knows of a state; others are the engine's own, and stay as they are. */
const STATE_TABLE = 'state';
/** Of a fold in windows such a table is each that has this column, which says whether the row has a state at all. */
const HELD_COLUMN = '@held';

interface Layout {
  readonly columns: readonly StateMember['column'][];
  /** Lies in one column as a whole. */
  readonly isWhole: boolean;
}

/**
 * Makes of a block of an operator's state one that the operator takes, row by row: puts the state together, runs the steps
 * of the migration, holds the result against the schema, and takes it apart again. Keys, and columns of the engine, stay.
 */
export class StateConverter {
  private readonly before: Layout;
  private readonly after: Layout;
  private readonly steps: readonly (readonly [from: number, step: TenantFunction])[];
  private readonly defaults: { readonly [name: string]: unknown };
  private readonly check: (value: unknown) => unknown;

  /** @throws RangeError for a step that is not there. */
  constructor(node: CheckedNode, { schema, steps }: StoredForm) {
    const own = stepsOf(node);
    this.steps = steps.map((from) => {
      const step = own.get(from);
      if (step === undefined) throw new RangeError(`there is no migration from version ${from}`);
      return [from, step];
    });
    this.before = layoutOf(node, schema);
    this.after = layoutOf(node, stateSchemaOf(node));
    this.defaults = node.kind === 'process' ? defaultsIn(schema) : {};
    this.check = checkOf(node);
  }

  /** @throws ConversionError; RangeError, TypeError or SyntaxError for what is no block of this state. */
  convert(bytes: Uint8Array): Uint8Array {
    const block = readBlock(bytes);
    const { header } = block;
    // What is left of a table that was dropped has no columns, and the rows of other tables are no states.
    const held = header.columns.findIndex(({ name }) => name === HELD_COLUMN);
    if ((header.table !== STATE_TABLE && held === -1) || header.columns.length === 0) return bytes;
    const written = this.after.columns.map(({ name, type }) => new ColumnWriter(name, type, header.rows));
    for (let row = 0; row < header.rows; row += 1) {
      const key = textAt(block.keys, row);
      if (held !== -1 && cellOf(block.columns[held], 'bool', row) === false) {
        this.begin(written, row);
        continue;
      }
      const state = this.stateOf(block, row);
      const converted = state === undefined ? undefined : this.converted(state, key);
      this.write(written, converted, row, key);
    }
    return reassembled(block, written);
  }

  /** A row without a state: its cells hold what a new one holds. */
  private begin(columns: readonly ColumnWriter[], row: number): void {
    for (const [index, column] of columns.entries()) {
      const initial = this.after.columns[index]?.initial;
      column.set(row, column.type === 'json' ? undefined : column.type === 'bool' ? initial === 1 : initial);
    }
  }

  private stateOf(block: ReadBlock, row: number): unknown {
    const cells = block.header.columns.flatMap(({ name, type }, index) =>
      name.startsWith('@') ? [] : [[name, cellOf(block.columns[index], type, row)] as const],
    );
    if (this.before.isWhole) return cells.find(([name]) => name === VALUE_COLUMN[0].name)?.[1];
    const state: { [name: string]: unknown } = {};
    for (const [name, cell] of cells) {
      const initial = own(this.defaults, name);
      const value = cell === undefined && initial !== undefined ? copyJson(initial) : cell;
      if (value !== undefined) setMember(state, name, value);
    }
    return state;
  }

  private converted(state: unknown, key: string): unknown {
    let value = state;
    for (const [from, step] of this.steps) {
      try {
        value = step(value);
      } catch (error) {
        throw new ConversionError(key, `the migration from version ${from} threw: ${reasonOf(error)}`);
      }
    }
    try {
      return this.check(value);
    } catch (error) {
      throw new ConversionError(key, reasonOf(error));
    }
  }

  private write(columns: readonly ColumnWriter[], state: unknown, row: number, key: string): void {
    const { isWhole } = this.after;
    for (const column of columns) {
      const value = isWhole ? state : own((state ?? {}) as { readonly [name: string]: unknown }, column.name);
      if (column.set(row, value)) continue;
      const what = isWhole ? 'the state' : `the state's "${column.name}"`;
      throw new ConversionError(key, `${what} is ${shown(value)}, which is no ${NAME_OF[column.type]}`);
    }
  }
}

function layoutOf({ kind, options }: CheckedNode, schema: unknown): Layout {
  if (kind === 'process') return { columns: columnsOfCells(cellsIn(options, schema)).map(columnOf), isWhole: false };
  if ((kind !== 'fold' && kind !== 'windowFold') || schema === undefined)
    return { columns: VALUE_COLUMN, isWhole: true };
  const members = columnsOfState(schema, options['initial']);
  return { columns: members.map(columnOf), isWhole: members.length === 1 && members[0]?.isWhole === true };
}

const columnOf = ({ column }: StateMember): StateMember['column'] => column;

/** What cells begin with: of the job, or as it was when the schema was written. */
const cellsIn = (options: CheckedNode['options'], schema: unknown): { readonly [name: string]: unknown } =>
  schema === undefined ? (options['state'] as { readonly [name: string]: unknown }) : defaultsIn(schema);

function defaultsIn(schema: unknown): { readonly [name: string]: unknown } {
  const { properties = {} } = (schema ?? {}) as { readonly properties?: { readonly [name: string]: unknown } };
  return Object.fromEntries(
    Object.entries(properties).map(([name, member]) => [name, (member as { readonly default?: unknown }).default]),
  );
}

/** What a converted state must be; answers it as it is kept. */
function checkOf(node: CheckedNode): (value: unknown) => unknown {
  const parsed = node.kind === 'process' || node.schema === undefined ? undefined : parseSchema(node.schema);
  return (value) => {
    if (value === undefined) throw new RangeError('the migration answered nothing');
    const plain = copyJson(value);
    if (node.kind === 'process') return cellsOf(plain, node.options['state'] as { readonly [name: string]: unknown });
    if (parsed?.outcome !== 'valid') return plain;
    const checked = checkValue(parsed.schema, plain);
    if ('value' in checked) return checked.value;
    throw new RangeError(`the state does not fit its schema at ${checked.path}: ${checked.reason}`);
  };
}

/** The cells that there are now; one that was not there begins. */
function cellsOf(state: unknown, initial: { readonly [name: string]: unknown }): unknown {
  if (typeof state !== 'object' || state === null) throw new RangeError('the state is no object with cells');
  const given = state as { readonly [name: string]: unknown };
  const cells: { [name: string]: unknown } = {};
  for (const [name, begin] of Object.entries(initial))
    setMember(cells, name, Object.hasOwn(given, name) ? given[name] : begin);
  return cells;
}

const NAME_OF: { readonly [T in ColumnType]: string } = { f64: 'number', bool: 'boolean', json: 'JSON' };

/** One column of the block to be. */
class ColumnWriter {
  private readonly numbers: Float64Array | Uint8Array | undefined;
  private readonly ends: Uint32Array;
  private readonly texts = new ByteList();

  constructor(
    readonly name: string,
    readonly type: ColumnType,
    rows: number,
  ) {
    this.ends = new Uint32Array(type === 'json' ? rows : 0);
    if (type === 'f64') this.numbers = new Float64Array(rows);
    if (type === 'bool') this.numbers = new Uint8Array(rows);
  }

  /** Each row in turn. @returns whether the column takes the value. */
  set(row: number, value: unknown): boolean {
    if (this.type === 'json') {
      if (value !== undefined) this.texts.addText(JSON.stringify(value));
      this.ends[row] = this.texts.length;
      return true;
    }
    if (this.type === 'bool' ? typeof value !== 'boolean' : !Number.isFinite(value)) return false;
    (this.numbers as Float64Array)[row] = Number(value);
    return true;
  }

  sections(): readonly Section[] {
    return this.numbers === undefined ? [this.ends, this.texts.taken()] : [this.numbers];
  }

  get jsonBytes(): readonly number[] {
    return this.type === 'json' ? [this.texts.length] : [];
  }
}

/** The block with other columns for the state; those of the engine stay, behind them. */
function reassembled(block: ReadBlock, written: readonly ColumnWriter[]): Uint8Array {
  const { header, slots, keys, columns, deletedKeys } = block;
  const kept = header.columns.map((column, index) => ({ ...column, values: columns[index] }));
  const engines = kept.filter(({ name }) => name.startsWith('@'));
  const jsonOf = (values: unknown): readonly Section[] => [(values as Texts).ends, (values as Texts).bytes];
  return assembleBlock(
    {
      ...header,
      columns: [...written, ...engines].map(({ name, type }) => ({ name, type })),
      jsonBytes: [
        ...written.flatMap(({ jsonBytes }) => jsonBytes),
        ...engines.flatMap(({ type, values }) => (type === 'json' ? [(values as Texts).bytes.length] : [])),
      ],
    },
    [
      slots,
      keys.ends,
      keys.bytes,
      ...written.flatMap((column) => column.sections()),
      ...engines.flatMap(({ type, values }) => (type === 'json' ? jsonOf(values) : [values as Float64Array])),
      block.deletedSlots,
      deletedKeys.ends,
      deletedKeys.bytes,
    ],
  );
}

function cellOf(column: ReadBlock['columns'][number] | undefined, type: ColumnType, row: number): unknown {
  if (type === 'json') {
    const text = textAt(column as Texts, row);
    return text === '' ? undefined : JSON.parse(text);
  }
  const value = (column as Float64Array | Uint8Array)[row];
  return type === 'bool' ? value === 1 : value;
}

const reasonOf = (error: unknown): string => {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'something that cannot be told';
  }
};

const shown = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value).slice(0, 100));
