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

interface KindRule {
  readonly needsUid: boolean;
  readonly inputs: 'none' | 'one' | 'several';
  /** Roles of its functions; one that ends in `?` may be absent. */
  readonly functions: readonly string[];
  readonly window: boolean;
  /** Name of the codec that its state is stored with; undefined for what keeps none. */
  readonly state: string | undefined;
}

const stateless = { needsUid: false, inputs: 'one', functions: ['apply'], window: false, state: undefined } as const;

/** What each kind of node consists of. */
export const KIND_RULES = {
  source: { needsUid: true, inputs: 'none', functions: [], window: false, state: undefined },
  map: stateless,
  filter: stateless,
  flatMap: stateless,
  keyBy: stateless,
  mapValues: stateless,
  union: { ...stateless, inputs: 'several', functions: [] },
  reduceByKey: { ...stateless, functions: ['reduce'] },
  updateStateByKey: { needsUid: true, inputs: 'one', functions: ['update'], window: false, state: 'json' },
  reduceByKeyAndWindow: {
    needsUid: true,
    inputs: 'one',
    functions: ['reduce', 'inverse?'],
    window: true,
    state: 'window-panes',
  },
  window: { needsUid: true, inputs: 'one', functions: [], window: true, state: 'window-records' },
  sink: { needsUid: true, inputs: 'one', functions: [], window: false, state: undefined },
} as const satisfies Record<NodeKind, KindRule>;

export const ruleOf = (kind: NodeKind): KindRule => KIND_RULES[kind];
