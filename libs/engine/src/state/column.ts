import { grown } from './growing.js';
import { textAt, type ColumnType, type Texts } from './state-block.js';

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

/** One of objects grows by itself: see {@link setAt}. */
export function grownColumn(column: Column, spec: ColumnSpec, capacity: number): Column {
  if (column instanceof Float64Array) return grown(column, newColumn(spec, capacity) as Float64Array);
  return column instanceof Uint8Array ? grown(column, newColumn(spec, capacity) as Uint8Array) : column;
}

export function setNumbers(
  column: Float64Array | Uint8Array,
  ids: Int32Array,
  values: Float64Array | Uint8Array,
): void {
  for (let row = 0; row < ids.length; row += 1) column[ids[row] ?? 0] = values[row] ?? 0;
}

export function setJson(column: unknown[], ids: Int32Array, values: Texts): void {
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
