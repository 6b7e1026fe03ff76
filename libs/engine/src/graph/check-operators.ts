import type { StateShape } from '@tidemark/domain';
import { ruleOf, type CheckedNode } from './checked-definition.js';
import { checkWindowBy, needsEventTime, windowParametersOf } from './check-windows.js';
import { copyJson } from './json-copy.js';
import { aggregatesOf } from './operators/aggregate-code.js';
import { aggregatorOf } from './operators/aggregators.js';

type Invalid = (reason: string) => void;

/** What one node must be beyond its {@link ruleOf rule}. */
export function checkOperator(node: CheckedNode, invalid: Invalid): void {
  CHECKS[node.kind]?.(node, invalid);
}

/** What a node must have before it. @param nodes inputs first. */
export function* checkStreams(nodes: readonly CheckedNode[]): Iterable<readonly [CheckedNode, string]> {
  const keyed = new Set<number>();
  const timed = new Set<number>();
  for (const node of nodes) {
    const rule = ruleOf(node.kind);
    const inputsKeyed = node.inputs.map((input) => keyed.has(input));
    if (rule.keyed === 'as its inputs' ? inputsKeyed.every(Boolean) : rule.keyed) keyed.add(node.id);
    if (rule.needsKeys && !inputsKeyed.every(Boolean)) {
      yield [node, `the ${node.kind} needs a stream of [key, value]: put keyBy(…) before it`];
    }
    const inputsTimed = node.inputs.length > 0 && node.inputs.every((input) => timed.has(input));
    if (inputsTimed || node.kind === 'eventTime') timed.add(node.id);
    if (needsEventTime(node) && !inputsTimed) {
      yield [
        node,
        `the ${node.kind} works in event time: put eventTime(…) before it, on every stream that leads to it`,
      ];
    }
  }
}

/** The parameters of a node's state that change what it means. */
export function parametersOf(node: CheckedNode): StateShape['parameters'] {
  return PARAMETERS[node.kind]?.(node) ?? {};
}

const CHECKS: { readonly [kind: string]: (node: CheckedNode, invalid: Invalid) => void } = {
  keyBy({ options, functions }, invalid) {
    const byField = typeof options['field'] === 'string';
    if (byField === (functions['apply'] !== undefined)) invalid('the keyBy needs the name of a field or a function');
  },

  fold({ options }, invalid) {
    if (!isJson(options['initial'])) invalid('the "initial" of the fold must be plain JSON');
  },

  aggregate: checkAggregates,

  windowAggregate(node, invalid) {
    checkAggregates(node, invalid);
    checkWindowBy(node, invalid);
  },
  windowFold(node, invalid) {
    if (!isJson(node.options['initial'])) invalid('the "initial" of the fold must be plain JSON');
    checkWindowBy(node, invalid);
  },
  windowReduce: checkWindowBy,
  windowProcess: checkWindowBy,

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

function checkAggregates(node: CheckedNode, invalid: Invalid): void {
  const figures: unknown = node.options['aggregates'];
  if (!Array.isArray(figures) || figures.length === 0 || figures.length > 100) {
    invalid(`the ${node.kind} needs 1 to 100 figures, for example { count: count() }`);
    return;
  }
  const names = new Set<unknown>();
  for (const { name, kind, field } of aggregatesOf(node)) {
    const aggregator = aggregatorOf(kind);
    if (typeof name !== 'string' || name === '' || name.length > 100 || names.has(name)) {
      invalid(`the ${node.kind} has a figure without a name of its own`);
    }
    names.add(name);
    if (aggregator === undefined) invalid(`there is no aggregate "${String(kind).slice(0, 50)}"`);
    else if (aggregator.takesNumber && (typeof field === 'string') === (node.functions[`${name}.of`] !== undefined)) {
      invalid(`the aggregate "${name}" needs the name of a field or a function`);
    }
  }
}

const PARAMETERS: { readonly [kind: string]: (node: CheckedNode) => StateShape['parameters'] } = {
  window: gridOf,
  reduceByKeyAndWindow: gridOf,
  windowAggregate: windowParametersOf,
  windowFold: windowParametersOf,
  windowReduce: windowParametersOf,
  windowProcess: windowParametersOf,
  aggregate: (node) => Object.fromEntries(aggregatesOf(node).map(({ name, kind }) => [name, kind])),
};

function gridOf({ options }: CheckedNode): StateShape['parameters'] {
  const { windowMs, slideMs } = options as { readonly windowMs: number; readonly slideMs: number };
  return { windowMs, slideMs };
}

const isDuration = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function isJson(value: unknown): boolean {
  try {
    copyJson(value);
    return true;
  } catch {
    return false;
  }
}
