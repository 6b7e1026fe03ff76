import type { Key } from '@tidemark/streams';
import type { GeneratedCode } from '../fuse/generated-code.js';
import type { Emit, RowCode } from '../fuse/row-code.js';
import type { OperatorState } from '../state/operator-state.js';
import type { CheckedNode } from './checked-definition.js';
import { misuse, type Whereabouts } from './failure.js';
import type { RowContext } from './row-context.js';
import type { Watermark } from './watermark.js';

export type { RowContext } from './row-context.js';

/** One operator of a running job. Its owner is the program. */
export interface Operator {
  /** Takes a row of the input number `port`. */
  push(value: unknown, key: unknown, timeMs: number, context: RowContext, port: number): void;
  /** Statements that do what {@link push} does, for the inside of a generated loop; without it, push is called. */
  readonly inline?: (row: RowCode, port: number) => string;
  /** All rows of the batch have been pushed. Called in an order in which inputs come first. */
  readonly endBatch?: (batch: BatchEnd) => void;
  readonly state?: OperatorState;
  /** What its counts go by if it keeps no state. */
  readonly uid?: string | undefined;
  /** What it has counted since it was asked last: rows that came too late, for example. */
  readonly takeCounts?: () => Readonly<Record<string, number>>;
}

export interface BatchEnd {
  /** The context of rows behind the window that ends at `windowEndMs`; one object each. */
  windowContext(windowStartMs: number, windowEndMs: number): RowContext;
  readonly context: RowContext;
}

/** What an operator is made from. */
export interface OperatorParts {
  readonly node: CheckedNode;
  readonly batchIntervalMs: number;
  readonly where: Whereabouts;
  readonly code: GeneratedCode;
  /** Statements that hand a row on to everything that reads from this operator (from its output `tag`, if given). */
  readonly emitCode: (row: RowCode, tag?: string) => string;
  /** The same as a function, for code that is not generated. One object, whose `run` is there once the code is compiled. */
  readonly emitter: (tag?: string) => { readonly run: Emit };
  /** Whether its input `port` is a stream of `[key, value]`. */
  readonly isKeyed: (port: number) => boolean;
  /** How far event time has come at its inputs; undefined where no input has event time. */
  readonly watermark: Watermark | undefined;
}

export function asKey(key: unknown): Key {
  if (typeof key === 'string' || typeof key === 'boolean') return key;
  if (typeof key === 'number' && Number.isFinite(key)) return key;
  refuseThenable(key);
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

/** When a row happened, for a window in processing time: at its batch, or at the end of the window that it comes out of. */
export const timeOf = (context: RowContext): number => context.windowEndMs ?? context.batchTimeMs;
