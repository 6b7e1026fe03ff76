import type { Flow } from '@tidemark/domain';
import type { NodeKind, Poison } from '@tidemark/streams';

export type TenantFunction = (...args: readonly unknown[]) => unknown;

/** A node that has passed the checks of `checkDefinition`: a copy, so that nothing can change it afterwards. */
export interface CheckedNode {
  readonly id: number;
  readonly kind: NodeKind;
  readonly uid: string | undefined;
  readonly inputs: readonly number[];
  readonly connector: string | undefined;
  readonly options: { readonly [name: string]: unknown };
  readonly functions: { readonly [role: string]: TenantFunction };
  /** JSON Schema of a source's records, of the values that mapValues makes, or of an operator's state. */
  readonly schema: unknown;
  /** `file:line:column` of the running code. */
  readonly at: string;
}

export interface CheckedDefinition {
  readonly name: string;
  /** 0 under a trigger that has no interval. */
  readonly batchIntervalMs: number;
  readonly flow: Flow;
  readonly poison: Poison;
  /** Every node after its inputs. */
  readonly nodes: readonly CheckedNode[];
}

export interface KindRule {
  readonly needsUid: boolean;
  /** `stream and side`: what comes at the second one has no say in when rows happen. */
  readonly inputs: 'none' | 'one' | 'two' | 'stream and side' | 'several';
  /** Roles of its functions; one that ends in `?` may be absent; `*` stands for any. */
  readonly functions: readonly string[];
  /** Whether it has `windowMs` and `slideMs`, in processing time. */
  readonly window: boolean;
  /** Name and version of the codec that its state is stored with; undefined for what keeps none. */
  readonly state: readonly [name: string, version: number] | undefined;
  /** Whether its inputs must be streams of `[key, value]`. */
  readonly needsKeys: boolean;
  /** Whether its rows are `[key, value]`. */
  readonly keyed: boolean | 'as its inputs';
  /** Tags of its side outputs, or the option that lists them; none unless given. */
  readonly outputs?: readonly string[] | { readonly option: string };
  /**
   * What comes of a row that it takes. `at most one`: one row or none, at once, and nothing else. `at once`: rows that are
   * told by this one alone. `later`: it depends on others, or on the end of the batch.
   */
  readonly makes: 'at most one' | 'at once' | 'later';
  /** What of the rows that it takes stands in those that it makes, as far as anybody looks through it; nothing unless given. */
  readonly passesOn?: 'rows' | 'values';
  /** Whether an eventTime(…) must stand before it. */
  readonly inEventTime: boolean | 'unless its windows are global' | 'if its time is event';
  /** Whether it touches no row of its state but those of a batch's keys: the others may lie in a cold store. */
  readonly mayLieCold: boolean;
}

/** Among the roles of a kind: steps from one version of its state to the next, each under its version. */
export const MIGRATIONS = 'migrate.*';

const stateless = {
  needsUid: false,
  inputs: 'one',
  functions: ['apply'],
  window: false,
  state: undefined,
  needsKeys: false,
  keyed: false,
  makes: 'later',
  inEventTime: false,
  mayLieCold: false,
} as const satisfies KindRule;

const rowByRow = { ...stateless, makes: 'at most one' } as const;

const keyedJoin = {
  ...stateless,
  needsUid: true,
  inputs: 'two',
  needsKeys: true,
  keyed: true,
  outputs: ['late-left', 'late-right'],
  inEventTime: true,
} as const;

const keyedState = { ...stateless, needsUid: true, needsKeys: true, keyed: true } as const;

const coldState = { ...keyedState, mayLieCold: true } as const;

const eventWindow = { ...keyedState, outputs: ['late'], inEventTime: 'unless its windows are global' } as const;

/** What each kind of node consists of. */
export const KIND_RULES = {
  source: { ...stateless, needsUid: true, inputs: 'none', functions: [], makes: 'at once' },
  map: rowByRow,
  filter: { ...rowByRow, keyed: 'as its inputs', passesOn: 'rows' },
  flatMap: { ...stateless, makes: 'at once' },
  keyBy: { ...rowByRow, functions: ['apply?'], keyed: true, passesOn: 'values' },
  mapValues: { ...rowByRow, needsKeys: true, keyed: true },
  union: {
    ...stateless,
    inputs: 'several',
    functions: [],
    keyed: 'as its inputs',
    makes: 'at once',
    passesOn: 'rows',
  },
  output: { ...stateless, functions: [], keyed: 'as its inputs', makes: 'at once' },
  reduceByKey: { ...stateless, functions: ['reduce'], needsKeys: true, keyed: true },
  fold: { ...coldState, functions: ['fold', 'initial?', MIGRATIONS], state: ['fold', 1] },
  aggregate: { ...coldState, functions: ['*'], state: ['aggregate', 1] },
  updateStateByKey: { ...coldState, functions: ['update', MIGRATIONS], state: ['json', 1] },
  mapWithState: { ...coldState, functions: ['update', MIGRATIONS], state: ['map-with-state', 1] },
  process: {
    ...keyedState,
    functions: ['onRecord', 'onTimer?', MIGRATIONS],
    state: ['process', 1],
    outputs: { option: 'outputs' },
  },
  countWindow: { ...keyedState, functions: ['*'], state: ['count-window', 1] },
  countByWindow: { ...stateless, needsUid: true, functions: [], window: true, state: ['window-counts', 1] },
  reduceByKeyAndWindow: { ...keyedState, functions: ['reduce', 'inverse?'], window: true, state: ['window-panes', 1] },
  window: {
    ...stateless,
    needsUid: true,
    functions: [],
    window: true,
    state: ['window-records', 1],
    keyed: 'as its inputs',
  },
  windowAggregate: { ...eventWindow, functions: ['*'], state: ['window-aggregate', 1] },
  windowFold: { ...eventWindow, functions: ['fold', 'merge?'], state: ['window-fold', 1] },
  windowReduce: { ...eventWindow, functions: ['reduce'], state: ['window-reduce', 1] },
  windowProcess: { ...eventWindow, functions: ['process'], state: ['window-process', 1] },
  eventTime: {
    ...stateless,
    needsUid: true,
    functions: ['timestamp?'],
    state: ['watermark', 1],
    keyed: 'as its inputs',
    makes: 'at once',
    passesOn: 'rows',
  },
  flatMapValues: { ...stateless, needsKeys: true, keyed: true, makes: 'at once' },
  transform: stateless,
  split: {
    ...stateless,
    needsUid: true,
    functions: ['*'],
    keyed: 'as its inputs',
    outputs: { option: 'branches' },
    makes: 'at once',
  },
  intervalJoin: { ...keyedJoin, functions: ['select'], state: ['interval-rows', 1] },
  windowJoin: { ...keyedJoin, functions: ['select'], state: ['window-sides', 1] },
  cogroup: { ...keyedJoin, state: ['window-sides', 1] },
  lookup: {
    ...stateless,
    needsUid: true,
    inputs: 'stream and side',
    functions: ['select', 'key?', 'delete?'],
    state: ['json', 1],
  },
  broadcast: {
    ...stateless,
    needsUid: true,
    inputs: 'stream and side',
    functions: ['update', 'apply'],
    state: ['json', 1],
  },
  dedupe: {
    ...stateless,
    needsUid: true,
    functions: ['by?'],
    state: ['seen', 1],
    keyed: 'as its inputs',
    outputs: ['duplicates', 'late'],
    inEventTime: 'if its time is event',
  },
  topN: { ...keyedState, functions: ['by?'], state: ['top', 1] },
  sink: { ...stateless, needsUid: true, functions: [] },
} as const satisfies Record<NodeKind, KindRule>;

export const ruleOf = (kind: NodeKind): KindRule => KIND_RULES[kind];
