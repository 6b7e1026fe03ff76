import { milliseconds, type Duration } from './duration.js';
import type { BatchContext, Key } from './context.js';
import { schemaPart, type Schema } from './schema.js';

/** What all keyed state has in common. */
export interface StateOptions {
  /**
   * Forgets the state of a key that nothing has come for `after` that long, and counts it as `expired`. In `processing`
   * time (the default) that is measured by batch times; in `event` time by the timestamps of the key's records against
   * the watermark, which needs `eventTime(…)` before it.
   */
  readonly ttl?: { readonly after: Duration; readonly time?: 'processing' | 'event' };
  /** The most keys that may have state at a time; 50 million unless given. The job fails at the first one more. */
  readonly keysMax?: number;
  /**
   * The most keys whose state is in memory between batches; that of the others lies on the runner's disk, and is fetched
   * for the batches that need it. For state that is larger than memory: see docs/operators/large-state.md.
   *
   * Of `fold`, `aggregate`, `updateStateByKey` and `mapWithState`, without a ttl, timeout or visit `all`. The code between
   * source and key runs twice for each record, and must answer the same.
   */
  readonly rowsInMemory?: number;
}

/**
 * How state outlives a change of its form. Changes that need no code, as an optional member more, are made without:
 * docs/upgrades.md has the rules. Any other is a new `version` with steps that lead there.
 */
export interface StateVersions {
  /** Of the form of the state, from 1 on; 1 unless given. */
  readonly version?: number;
  /**
   * By version: makes a state of that version one of the next. It gets what a checkpoint holds for one key, as plain JSON
   * that it may change, and sees neither key nor clock. A checkpoint of version 1 takes all steps from 1 on.
   */
  readonly migrate?: { readonly [from: number]: (state: never) => unknown };
}

export interface FoldOptions<S, V, C> extends StateOptions, StateVersions {
  /** The state of a key that has none: plain JSON, of which each key gets a copy. */
  readonly initial: S;
  readonly fold: (state: S, value: V, context: C) => S | undefined;
  /** What the state looks like. */
  readonly schema?: Schema<S>;
}

export interface UpdateStateOptions<S = unknown> extends StateOptions, StateVersions {
  /** What the state looks like. A state that is not so fails the job. */
  readonly schema?: Schema<S>;
  /**
   * `touched` (the default) calls `update` for keys that have values in the batch; `all`, as Spark does, also for every
   * other key that has state, with no values: first those with values, then the others in an order of their keys.
   */
  readonly visit?: 'touched' | 'all';
}

/** The state of one key, as `mapWithState` gives it. What `get` answers is a copy: only `update` changes the state. */
export interface State<S> {
  exists(): boolean;
  get(): S | undefined;
  /** @param state plain JSON. Not while timing out. */
  update(state: S): void;
  /** Not while timing out: the state goes anyway. */
  remove(): void;
  /** The key has had no value for the timeout; this is the last call with its state. */
  isTimingOut(): boolean;
}

export interface MapWithStateOptions<K, V, S, U, C> extends StateVersions {
  /** What the state looks like. A state that is not so fails the job. */
  readonly schema?: Schema<S>;
  /**
   * Called for each value in turn; once more, without a value, for a key that times out. What it answers goes on as
   * `[key, answer]`; undefined does not.
   */
  readonly update: (value: V | undefined, state: State<S>, key: K, context: C) => U | undefined;
  /** A key without values for at least this long, by batch times, times out: at the end of a batch, oldest first. */
  readonly timeout?: Duration;
  readonly keysMax?: number;
  /** As of all keyed state, without a timeout. */
  readonly rowsInMemory?: number;
}

/** What `process` may keep of each key: cells by name, with what they begin with. */
export interface Cells {
  readonly [name: string]: unknown;
}

export interface ProcessContext<K extends Key, U, S> extends BatchContext {
  readonly key: K;
  /** When the record happened, or the timer's time; the batch time without event time. Milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** How far event time had come: before the batch for a record, after it for a timer; -Infinity without event time. */
  readonly watermarkMs: number;
  readonly state: {
    /** A copy of the cell: only `set` changes it. */
    readonly get: <N extends keyof S>(name: N) => S[N];
    /** @param value plain JSON; a finite number or a boolean where the cell began as one. */
    readonly set: <N extends keyof S>(name: N, value: S[N]) => void;
    /** Puts the cell, or all of them, back to what they began with. A key without set cells is not kept. */
    readonly clear: (name?: keyof S) => void;
  };
  readonly timers: ProcessTimers;
  /** Sends a row on, as `[key, row]`. */
  readonly emit: (row: U) => void;
  /** Sends a row to one of the declared `outputs`, as `[key, row]`. */
  readonly output: (tag: string, row: unknown) => void;
}

/** Timers of the key at hand: at most one for each kind and millisecond. They are state, and survive a restart. */
export interface ProcessTimers {
  /** Fires in the batch with which the watermark comes to `ms`; at the end of this batch if it has. */
  readonly eventTime: (ms: number) => void;
  /** Fires in the first batch at or after `ms`; at the end of this batch if that is not later. */
  readonly processingTime: (ms: number) => void;
  readonly deleteEventTime: (ms: number) => void;
  readonly deleteProcessingTime: (ms: number) => void;
}

export interface ProcessOptions<K extends Key, V, U, S> extends StateOptions, StateVersions {
  /** Plain JSON. A cell that begins as a number or a boolean lies in a typed column. */
  readonly state: S;
  readonly onRecord: (value: V, context: ProcessContext<K, U, S>) => void;
  /**
   * Called at the end of a batch, after all records: always the earliest timer that is due, those in event time first, then
   * in an order of their keys; also where it sets timers for times that have come.
   */
  readonly onTimer?: (timeMs: number, kind: 'eventTime' | 'processingTime', context: ProcessContext<K, U, S>) => void;
  /** Names of side outputs, which `.output(name)` of the result reads. */
  readonly outputs?: readonly string[];
  /** The most timers that one key may have; 1,000 unless given. */
  readonly timersMax?: number;
}

/** @internal */
export const stateOptions = ({ ttl, keysMax, rowsInMemory }: StateOptions): { readonly [name: string]: unknown } => ({
  ...(ttl === undefined ? {} : { ttlMs: milliseconds(ttl.after), ttlTime: ttl.time ?? 'processing' }),
  ...(keysMax === undefined ? {} : { keysMax }),
  ...(rowsInMemory === undefined ? {} : { rowsInMemory }),
});

const versionParts = ({
  version,
  migrate = {},
}: StateVersions): {
  readonly options: { readonly version?: number };
  readonly functions: { readonly [role: string]: unknown };
} => ({
  options: version === undefined ? {} : { version },
  functions: Object.fromEntries(Object.entries(migrate).map(([from, step]) => [`migrate.${from}`, step])),
});

interface StateParts {
  readonly options: { readonly [name: string]: unknown };
  readonly functions: { readonly [role: string]: unknown };
  readonly schema?: unknown;
}

/** @internal */
export function foldParts<S, V, C>(options: FoldOptions<S, V, C>): StateParts {
  const { initial, fold, schema } = options;
  const versions = versionParts(options);
  return {
    options: { initial, ...stateOptions(options), ...versions.options },
    functions: { fold, ...versions.functions },
    ...schemaPart(schema),
  };
}

/** @internal */
export function updateStateParts<S>(update: unknown, options: UpdateStateOptions<S>): StateParts {
  const { visit, schema } = options;
  const versions = versionParts(options);
  return {
    options: { ...stateOptions(options), ...(visit === undefined ? {} : { visit }), ...versions.options },
    functions: { update, ...versions.functions },
    ...schemaPart(schema),
  };
}

/** @internal */
export function processParts<K extends Key, V, U, S>(options: ProcessOptions<K, V, U, S>): StateParts {
  const { state, onRecord, onTimer, outputs, timersMax } = options;
  const versions = versionParts(options);
  return {
    options: {
      state,
      ...stateOptions(options),
      ...versions.options,
      ...(outputs === undefined ? {} : { outputs }),
      ...(timersMax === undefined ? {} : { timersMax }),
    },
    functions: { onRecord, ...(onTimer === undefined ? {} : { onTimer }), ...versions.functions },
  };
}

/** @internal */
export function mapWithStateParts<K, V, S, U, C>(options: MapWithStateOptions<K, V, S, U, C>): StateParts {
  const { update, timeout, schema, keysMax, rowsInMemory } = options;
  const kept = {
    ...(timeout === undefined ? {} : { ttl: { after: timeout } }),
    ...(keysMax === undefined ? {} : { keysMax }),
    ...(rowsInMemory === undefined ? {} : { rowsInMemory }),
  };
  const versions = versionParts(options);
  return {
    options: { ...stateOptions(kept), ...versions.options },
    functions: { update, ...versions.functions },
    ...schemaPart(schema),
  };
}
