import { grown } from './growing.js';
import { textAt, type ColumnType, type ReadBlock, type Texts } from './state-block.js';

export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
  /** What a new key has, of an f64 or bool column; 0 unless given. A json column begins undefined. */
  readonly initial?: number;
  /** What was stored before there was this column has its initial value; otherwise its rows are refused. */
  readonly optional?: boolean;
}

export type Column = Float64Array | Uint8Array | unknown[];

export function newColumn({ type, initial = 0 }: ColumnSpec, capacity: number): Column {
  if (type === 'json') return [];
  const column = type === 'f64' ? new Float64Array(capacity) : new Uint8Array(capacity);
  return initial === 0 ? column : column.fill(initial);
}

/** Columns, and what each of them is. Their owner is the table. */
interface Columns {
  readonly specs: readonly ColumnSpec[];
  readonly columns: Column[];
}

/** Exchanges columns for longer ones. */
export function growColumns({ specs, columns }: Columns, capacity: number): void {
  for (const [index, spec] of specs.entries()) columns[index] = grownColumn(columns[index] ?? [], spec, capacity);
}

/** One of objects grows by itself: see {@link setAt}. */
function grownColumn(column: Column, spec: ColumnSpec, capacity: number): Column {
  if (column instanceof Float64Array) return grown(column, newColumn(spec, capacity) as Float64Array);
  return column instanceof Uint8Array ? grown(column, newColumn(spec, capacity) as Uint8Array) : column;
}

/** Puts every row back to what a new key has. */
export function emptyColumns({ specs, columns }: Columns): void {
  for (const [index, column] of columns.entries()) {
    if (Array.isArray(column)) column.fill(undefined);
    else column.fill(specs[index]?.initial ?? 0);
  }
}

/** Sets the rows of these ids to what the block has. Throws for one without a column that must be there. */
export function fillColumns({ specs, columns }: Columns, { header, columns: read }: ReadBlock, ids: Int32Array): void {
  for (const [index, { name, type, optional = false }] of specs.entries()) {
    const column = columns[index];
    const values = read[header.columns.findIndex((stored) => stored.name === name && stored.type === type)];
    if (optional && header.columns.every((stored) => stored.name !== name)) continue;
    if (values === undefined) throw new RangeError(`the state has no column "${name}" of type ${type}`);
    if (Array.isArray(column)) setJson(column, ids, values as Texts);
    else setNumbers(column as Float64Array, ids, values as Float64Array);
  }
}

function setNumbers(column: Float64Array | Uint8Array, ids: Int32Array, values: Float64Array | Uint8Array): void {
  for (let row = 0; row < ids.length; row += 1) column[ids[row] ?? 0] = values[row] ?? 0;
}

function setJson(column: unknown[], ids: Int32Array, values: Texts): void {
  for (let row = 0; row < ids.length; row += 1) {
    const text = textAt(values, row);
    setAt(column, ids[row] ?? 0, text === '' ? undefined : JSON.parse(text));
  }
}

/** Grows `column` from its end, so that it stays an array without holes. */
export function setAt(column: unknown[], id: number, value: unknown): void {
  while (column.length < id) column.push(undefined);
  column[id] = value;
}
