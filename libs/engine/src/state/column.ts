import type { ColumnType } from './state-block.js';

export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
  /** What a new key has, of an f64 or bool column; 0 unless given. A json column begins undefined. */
  readonly initial?: number;
  /** What was stored before there was this column has its initial value; otherwise its rows are refused. */
  readonly optional?: boolean;
}

export type Column = Float64Array | Uint8Array | unknown[];
