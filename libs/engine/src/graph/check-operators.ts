import type { StateShape } from '@tidemark/domain';
import { ruleOf, type CheckedNode } from './checked-definition.js';
import { isDuration, isJson, type Check, type Parameters } from './check-parts.js';
import {
  aggregateParameters,
  checkAggregates,
  checkKeyedState,
  needsEventTime,
  STATE_CHECKS,
  STATE_PARAMETERS,
} from './check-state.js';

/** What one node must be beyond its {@link ruleOf rule}. */
export const checkOperator: Check = (node, invalid) => {
  checkKeyedState(node, invalid);
  CHECKS[node.kind]?.(node, invalid);
};

/** What a node must have before it. @param nodes inputs first. */
export function* checkStreams(nodes: readonly CheckedNode[]): Iterable<readonly [CheckedNode, string]> {
  const keyed = new Set<number>();
  const timed = new Set<number>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (const node of nodes) {
    const isTimed = node.inputs.length > 0 && node.inputs.every((input) => timed.has(input));
    if (node.kind === 'eventTime' || isTimed) timed.add(node.id);
    if (needsEventTime(node) && !isTimed) {
      yield [node, `the ${node.kind} works in event time: put eventTime(…) before it`];
    }
    const from = node.kind === 'output' ? byId.get(node.inputs[0] ?? -1) : undefined;
    if (from?.kind === 'process') {
      const { tag } = node.options;
      const tags = (from.options['outputs'] ?? []) as readonly unknown[];
      if (!tags.includes(tag)) yield [node, `the ${from.kind} has no output "${String(tag).slice(0, 100)}"`];
    }
    const rule = ruleOf(node.kind);
    const inputsKeyed = node.inputs.map((input) => keyed.has(input));
    if (rule.keyed === 'as its inputs' ? inputsKeyed.every(Boolean) : rule.keyed) keyed.add(node.id);
    if (rule.needsKeys && !inputsKeyed.every(Boolean)) {
      yield [node, `the ${node.kind} needs a stream of [key, value]: put keyBy(…) before it`];
    }
  }
}

/** The parameters of a node's state that change what it means. */
export function parametersOf(node: CheckedNode): StateShape['parameters'] {
  return PARAMETERS[node.kind]?.(node) ?? {};
}

const CHECKS: { readonly [kind: string]: Check } = {
  ...STATE_CHECKS,

  keyBy({ options, functions }, invalid) {
    const byField = typeof options['field'] === 'string';
    if (byField === (functions['apply'] !== undefined)) invalid('the keyBy needs the name of a field or a function');
  },

  fold({ options }, invalid) {
    if (!isJson(options['initial'])) invalid('the "initial" of the fold must be plain JSON');
  },

  aggregate: checkAggregates,

  eventTime({ options, functions }, invalid) {
    const byField = typeof options['field'] === 'string';
    if (byField === (functions['timestamp'] !== undefined)) {
      invalid('the timestamp of eventTime must be the name of a field or a function');
    }
    if (!isDuration(options['outOfOrdernessMs']))
      invalid("the outOfOrderness of eventTime must be a duration, for example '5 s'");
    for (const name of ['idleAfter', 'aheadMax']) {
      const ms = options[`${name}Ms`];
      if (ms !== undefined && !isDuration(ms))
        invalid(`the ${name} of eventTime must be a duration, for example '5 s'`);
    }
  },
};

const PARAMETERS: Parameters = {
  ...STATE_PARAMETERS,
  window: gridOf,
  countByWindow: gridOf,
  reduceByKeyAndWindow: gridOf,
  aggregate: aggregateParameters,
};

function gridOf({ options }: CheckedNode): StateShape['parameters'] {
  const { windowMs, slideMs } = options as { readonly windowMs: number; readonly slideMs: number };
  return { windowMs, slideMs };
}
