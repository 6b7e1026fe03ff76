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
  readonly inputs: 'none' | 'one' | 'two' | 'several';
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
  /** Tags of its side outputs; none unless given. A split's are its branches. */
  readonly outputs?: readonly string[];
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
} as const satisfies KindRule;

const keyedJoin = {
  ...stateless,
  needsUid: true,
  inputs: 'two',
  needsKeys: true,
  keyed: true,
  outputs: ['late-left', 'late-right'],
} as const;

const keyedState = { ...stateless, needsUid: true, needsKeys: true, keyed: true } as const;

const eventWindow = { ...keyedState, outputs: ['late'] } as const;

/** What each kind of node consists of. */
export const KIND_RULES = {
  source: { ...stateless, needsUid: true, inputs: 'none', functions: [] },
  map: stateless,
  filter: { ...stateless, keyed: 'as its inputs' },
  flatMap: stateless,
  keyBy: { ...stateless, functions: ['apply?'], keyed: true },
  mapValues: { ...stateless, needsKeys: true, keyed: true },
  union: { ...stateless, inputs: 'several', functions: [], keyed: 'as its inputs' },
  output: { ...stateless, functions: [], keyed: 'as its inputs' },
  reduceByKey: { ...stateless, functions: ['reduce'], needsKeys: true, keyed: true },
  fold: { ...keyedState, functions: ['fold', 'initial?', MIGRATIONS], state: ['fold', 1] },
  aggregate: { ...keyedState, functions: ['*'], state: ['aggregate', 1] },
  updateStateByKey: { ...keyedState, functions: ['update', MIGRATIONS], state: ['json', 1] },
  mapWithState: { ...keyedState, functions: ['update', MIGRATIONS], state: ['map-with-state', 1] },
  process: { ...keyedState, functions: ['onRecord', 'onTimer?', MIGRATIONS], state: ['process', 1] },
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
  },
  flatMapValues: { ...stateless, needsKeys: true, keyed: true },
  transform: stateless,
  split: { ...stateless, needsUid: true, functions: ['*'], keyed: 'as its inputs' },
  intervalJoin: { ...keyedJoin, functions: ['select'], state: ['interval-rows', 1] },
  windowJoin: { ...keyedJoin, functions: ['select'], state: ['window-sides', 1] },
  cogroup: { ...keyedJoin, state: ['window-sides', 1] },
  lookup: {
    ...stateless,
    needsUid: true,
    inputs: 'two',
    functions: ['select', 'key?', 'delete?'],
    state: ['json', 1],
  },
  broadcast: { ...stateless, needsUid: true, inputs: 'two', functions: ['update', 'apply'], state: ['json', 1] },
  dedupe: {
    ...stateless,
    needsUid: true,
    functions: ['by?'],
    state: ['seen', 1],
    keyed: 'as its inputs',
    outputs: ['duplicates', 'late'],
  },
  topN: { ...keyedState, functions: ['by?'], state: ['top', 1] },
  sink: { ...stateless, needsUid: true, functions: [] },
} as const satisfies Record<NodeKind, KindRule>;

export const ruleOf = (kind: NodeKind): KindRule => KIND_RULES[kind];
