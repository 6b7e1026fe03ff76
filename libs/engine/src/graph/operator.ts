import type { Key, WindowContext } from '@tidemark/streams';
import type { StateRow } from '../ports.js';
import type { CheckedNode } from './checked-definition.js';
import { misuse, type Whereabouts } from './failure.js';

/**
 * What the job's callbacks are told. Rows of one window share one context object, and so do a batch's other rows: keyed
 * operators take the rows of each context for a batch of their own.
 */
export type RowContext =
  { readonly batchId: number; readonly batchTimeMs: number; readonly windowEndMs?: undefined } | WindowContext;

/** When a row happened, for a window: at its batch, or at the end of the window that it comes out of. */
export const timeOf = (context: RowContext): number => context.windowEndMs ?? context.batchTimeMs;

/** Takes a row. Chains of operators are such functions, each calling the next. */
export type Push = (row: unknown, context: RowContext) => void;

/** One operator of a running job. Its owner is the program. */
export interface Operator {
  readonly push: Push;
  /** All rows of the batch have been pushed. Called in an order in which inputs come first. */
  readonly endBatch?: (batch: BatchEnd) => void;
  readonly state?: OperatorState;
}

export interface BatchEnd {
  /** The context of rows behind the window that ends at `windowEndMs`; one object each. */
  windowContext(windowStartMs: number, windowEndMs: number): RowContext;
  readonly context: RowContext;
}

/** What an operator keeps between batches. */
export interface OperatorState {
  readonly uid: string;
  /** How many keys (panes, for `window`) are held. */
  size(): number;
  /** Adds a row; `value` is JSON text. Throws on text that is not this operator's. */
  restore(row: StateRow): void;
  rows(): Iterable<StateRow>;
}

/** What an operator is made from. */
export interface OperatorParts {
  readonly node: CheckedNode;
  readonly batchIntervalMs: number;
  readonly emit: Push;
  readonly where: Whereabouts;
}

export type KeyedRow = readonly [Key, unknown];

export function asKeyedRow(row: unknown): KeyedRow {
  if (Array.isArray(row) && row.length === 2) {
    asKey(row[0]);
    return row as unknown as KeyedRow;
  }
  throw misuse('it needs a stream of [key, value]: put keyBy(…) before it');
}

export function asKey(key: unknown): Key {
  if (typeof key === 'string' || typeof key === 'boolean') return key;
  if (typeof key === 'number' && Number.isFinite(key)) return key;
  const found = key === null ? 'null' : typeof key === 'number' ? String(key) : `of type ${typeof key}`;
  throw misuse(`a key must be a string, a finite number or a boolean; this one is ${found}`);
}

/** Job code runs to its end within the batch: what it would do later would be lost. */
export function refuseThenable(value: unknown): void {
  if (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  ) {
    throw misuse('it returned a promise; the code of a job must not be asynchronous');
  }
}

/** `map.get(key)`, or what `make` makes, put there first. */
export function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const held = map.get(key);
  if (held !== undefined) return held;
  const made = make();
  map.set(key, made);
  return made;
}
