import type { FieldOf } from './aggregates.js';
import { milliseconds, type Duration } from './duration.js';
import type { BatchContext, Key, WindowContext } from './context.js';

/** Which rows go on without a partner: none, those of the left stream, those of the right one, or both. */
export type JoinType = 'inner' | 'left' | 'right' | 'full';

type LeftOf<L, J extends JoinType> = J extends 'right' | 'full' ? L | undefined : L;
type RightOf<R, J extends JoinType> = J extends 'left' | 'full' ? R | undefined : R;

interface JoinParts<K, L, R, U, J extends JoinType, C> {
  /** `inner` unless given. */
  readonly type?: J;
  /** Makes the row that goes on. Called once for each pair, and with undefined in place of a partner that never came. */
  readonly select: (left: LeftOf<L, J>, right: RightOf<R, J>, key: K, context: C) => U;
  /** The most rows that are kept of one key and side (of a window: and window); 10 000 unless given. More fail the job. */
  readonly rowsPerKeyMax?: number;
}

/** Rows whose times are close: `left.time − before ≤ right.time ≤ left.time + after`. */
export interface IntervalJoinOptions<K, L, R, U, J extends JoinType> extends JoinParts<K, L, R, U, J, BatchContext> {
  readonly within: { readonly before: Duration; readonly after: Duration };
}

/** Rows of the same window. Windows of this length stand side by side from the Unix epoch on: `start ≤ time < end`. */
export interface WindowJoinOptions<K, L, R, U, J extends JoinType> extends JoinParts<K, L, R, U, J, WindowContext> {
  readonly window: Duration;
}

export interface CogroupOptions {
  /** As in {@link WindowJoinOptions}. */
  readonly window: Duration;
  /** As in {@link WindowJoinOptions}. */
  readonly rowsPerKeyMax?: number;
}

/** A table that is looked up in: its newest row of each key. Made by `job.table`. */
export class Table<K extends Key, R> {
  /** @internal */
  constructor(
    /** @internal The node of its rows, a keyed stream. */ readonly rows: { readonly id: number },
    /** @internal */ readonly isDelete: ((row: R) => unknown) | undefined,
  ) {}

  /** Carries the type of its keys; never set. */
  declare readonly key?: K;
}

export interface LookupOptions<T, K extends Key, R, U, J extends 'inner' | 'left', C> {
  /** What the table is asked for: the name of a field, or a function of the record. */
  readonly key: FieldOf<T, K> | ((record: T, context: C) => K);
  /** `left` unless given: a record that finds no row goes on with undefined; `inner` drops it. */
  readonly type?: J;
  /** Makes the row that goes on. */
  readonly select: (record: T, row: J extends 'inner' ? R : R | undefined, context: C) => U;
}

export interface BroadcastOptions<S, T, R, U, C> {
  /** The state before the first row of the side: plain JSON. */
  readonly initial: S;
  /** Takes a row of the side into the state, which it may change, and answers the new one. */
  readonly update: (state: S, row: R, context: C) => S;
  /** What goes on for a record. It sees the state that all of the batch's side rows have made, and must not change it. */
  readonly apply: (record: T, state: S, context: C) => Iterable<U>;
}

export interface DedupeOptions<T, C> {
  /** What two records must have in common to be the same: the name of a field, or a function of the record. */
  readonly by: FieldOf<T, Key> | ((record: T, context: C) => Key);
  /** How long after the record that went on another one counts as its duplicate. */
  readonly within: Duration;
  /** `event` unless given: the time of the records. `processing`: that of their batches. */
  readonly time?: 'event' | 'processing';
}

export interface TopOptions<V> {
  /** What is compared, a finite number: the name of a field, or a function of the value. */
  readonly by: FieldOf<V, number> | ((value: V) => number);
  /** `desc` unless given: the greatest first. */
  readonly order?: 'desc' | 'asc';
}

interface NodeParts {
  readonly options: { readonly [name: string]: unknown };
  readonly functions: { readonly [role: string]: unknown };
}

/** @internal */
export function joinParts<K, L, R, U, J extends JoinType>(
  options: IntervalJoinOptions<K, L, R, U, J> | WindowJoinOptions<K, L, R, U, J>,
): NodeParts {
  const { type = 'inner', select, rowsPerKeyMax } = options;
  const time =
    'within' in options
      ? { beforeMs: milliseconds(options.within.before), afterMs: milliseconds(options.within.after) }
      : { windowMs: milliseconds(options.window) };
  return { options: { type, ...time, ...boundOf(rowsPerKeyMax) }, functions: { select } };
}

/** @internal */
export function cogroupParts({ window, rowsPerKeyMax }: CogroupOptions, apply: unknown): NodeParts {
  return { options: { windowMs: milliseconds(window), ...boundOf(rowsPerKeyMax) }, functions: { apply } };
}

/** @internal */
export function lookupParts<T, K extends Key, R, U, J extends 'inner' | 'left', C>(
  { isDelete }: Table<K, R>,
  { key, type, select }: LookupOptions<T, K, R, U, J, C>,
): NodeParts {
  const by = byParts(key, 'key');
  return {
    options: { type: type ?? 'left', ...by.options },
    functions: { select, ...by.functions, ...(isDelete === undefined ? {} : { delete: isDelete }) },
  };
}

/** @internal */
export function dedupeParts<T, C>({ by, within, time = 'event' }: DedupeOptions<T, C>): NodeParts {
  const { options, functions } = byParts(by, 'by');
  return { options: { withinMs: milliseconds(within), time, ...options }, functions };
}

/** @internal */
export function topParts<V>(n: number, { by, order = 'desc' }: TopOptions<V>): NodeParts {
  const { options, functions } = byParts(by, 'by');
  return { options: { n, order, ...options }, functions };
}

/** The name of a field becomes an option, a function one of the node's own. */
const byParts = (by: unknown, role: string): NodeParts =>
  typeof by === 'string' ? { options: { field: by }, functions: {} } : { options: {}, functions: { [role]: by } };

const boundOf = (rowsPerKeyMax: number | undefined): { readonly rowsPerKeyMax?: number } =>
  rowsPerKeyMax === undefined ? {} : { rowsPerKeyMax };
