import type { Column } from './column.js';

/** Few enough for what a block touches to stay in the nearest caches. */
export const BLOCK_ROWS = 128;

/** The keys of a block's rows as they lie in the input, and what is found of them. Owner: one generated loop. */
export class KeyBlock {
  readonly starts = new Int32Array(BLOCK_ROWS);
  readonly ends = new Int32Array(BLOCK_ROWS);
  /** 1 for a key that is its own JSON text. */
  readonly plain = new Uint8Array(BLOCK_ROWS);
  readonly hashes = new Int32Array(BLOCK_ROWS);
  readonly ids = new Int32Array(BLOCK_ROWS);
}

type Rows = readonly [first: number, end: number];

/**
 * Has the processor fetch an element for each of the ids that are not negative, many at a time, before each is needed.
 * One function for each kind of array, which V8 compiles for that kind alone.
 *
 * @returns their sum, to be kept: a value that nobody needs is not loaded.
 */
export function fetchBytes(from: Uint8Array, ids: Int32Array, [first, end]: Rows, stride: number): number {
  let sum = 0;
  for (let row = first; row < end; row += 1) sum += from[Math.max(0, ids[row] ?? 0) * stride] ?? 0;
  return sum;
}

/** {@link fetchBytes} of numbers. */
function fetchNumbers(from: Float64Array, ids: Int32Array, [first, end]: Rows): number {
  let sum = 0;
  for (let row = first; row < end; row += 1) sum += from[Math.max(0, ids[row] ?? 0)] ?? 0;
  return sum;
}

/** {@link fetchBytes} of all that a loop over rows of a table looks at. */
export function fetchRows(flags: Uint8Array, columns: readonly Column[], ids: Int32Array, rows: Rows): number {
  let sum = fetchBytes(flags, ids, rows, 1);
  for (const column of columns) if (column instanceof Float64Array) sum += fetchNumbers(column, ids, rows);
  return sum;
}

/** A loop is quicker than a call where there are only a few bytes. */
export function copyBytes(bytes: Uint8Array, from: number, length: number, into: Uint8Array, at: number): void {
  for (let i = 0; i < length; i += 1) into[at + i] = bytes[from + i] ?? 0;
}
