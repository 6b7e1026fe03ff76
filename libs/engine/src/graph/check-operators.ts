import type { StateShape } from '@tidemark/domain';
import { JOIN_CHECKS, JOIN_PARAMETERS, tableSourceOf } from './check-joins.js';
import { isDuration, isJson, type Check, type Checks, type Parameters } from './check-parts.js';
import { ruleOf, type CheckedNode } from './checked-definition.js';
import { parseSchema } from '../schema/parse-schema.js';
import {
  aggregateParameters,
  checkAggregates,
  checkKeyedState,
  checkMerges,
  needsTtlTime,
  STATE_CHECKS,
  STATE_PARAMETERS,
} from './check-state.js';
import { checkVersion } from './state-versions.js';
import { checkWindowBy, hasGlobalWindows, isPutTogether, windowParametersOf } from './check-windows.js';

/** What one node must be beyond its {@link ruleOf rule}. */
export const checkOperator: Check = (node, invalid) => {
  if (node.schema !== undefined) {
    const parsed = parseSchema(node.schema);
    if (parsed.outcome === 'invalid') invalid(`the schema of the ${node.kind} cannot be used: ${parsed.reason}`);
  }
  checkKeyedState(node, invalid);
  checkVersion(node, invalid);
  CHECKS[node.kind]?.(node, invalid);
};

/** What a node must have before it. @param nodes inputs first. */
export function* checkStreams(nodes: readonly CheckedNode[]): Iterable<readonly [CheckedNode, string]> {
  const keyed = new Set<number>();
  const timed = new Set<number>();
  const kinds = new Map(nodes.map((node) => [node.id, node]));
  for (const node of nodes) {
    const rule = ruleOf(node.kind);
    const [first = -1] = node.inputs;
    const read = rule.inputs === 'stream and side' ? [first] : node.inputs;
    const isTimed = read.length > 0 && read.every((input) => timed.has(input));
    if (node.kind === 'eventTime' || isTimed) timed.add(node.id);
    if ((needsEventTime(node) || needsTtlTime(node)) && !isTimed) {
      yield [
        node,
        `the ${node.kind} works in event time: put eventTime(…) before it${read.length > 1 ? ', in each of its streams' : ''}`,
      ];
    }
    if (node.kind === 'output') {
      const from = kinds.get(first);
      const { tag } = node.options;
      if (from !== undefined && !outputsOf(from).includes(tag)) {
        yield [node, `the ${from.kind} has no output "${String(tag).slice(0, 100)}"`];
      }
    }
    if (node.kind === 'lookup' && tableSourceOf(node, nodes) === undefined) {
      yield [node, 'the table of a lookup must be one that job.table(…) made'];
    }
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

function needsEventTime(node: CheckedNode): boolean {
  const { inEventTime } = ruleOf(node.kind);
  switch (inEventTime) {
    case 'unless its windows are global':
      return !hasGlobalWindows(node);
    case 'if its time is event':
      return node.options['time'] === 'event';
    default:
      return inEventTime;
  }
}

function outputsOf({ kind, options }: CheckedNode): readonly unknown[] {
  const { outputs = [] } = ruleOf(kind);
  return 'option' in outputs ? ((options[outputs.option] ?? []) as readonly unknown[]) : outputs;
}

const CHECKS: Checks = {
  ...JOIN_CHECKS,
  ...STATE_CHECKS,

  source({ options, schema }, invalid) {
    if (schema !== undefined && options['format'] === 'text')
      invalid('lines of text have no schema: use the format "json"');
  },

  keyBy({ options, functions }, invalid) {
    const byField = typeof options['field'] === 'string';
    if (byField === (functions['apply'] !== undefined)) invalid('the keyBy needs the name of a field or a function');
  },

  fold: checkFolded,

  aggregate: checkAggregates,

  windowAggregate(node, invalid) {
    checkAggregates(node, invalid);
    checkWindowBy(node, invalid);
    if (isPutTogether(node)) checkMerges(node, invalid);
  },
  windowFold(node, invalid) {
    checkFolded(node, invalid);
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

function checkFolded({ options, schema }: CheckedNode, invalid: (reason: string) => void): void {
  if (!isJson(options['initial'])) invalid('the "initial" of the fold must be plain JSON');
  const properties = (schema as { readonly properties?: unknown } | null | undefined)?.properties;
  if (Object.keys(properties ?? {}).some((name) => name === '' || name.startsWith('@'))) {
    invalid('the schema of the fold must have members with names that do not begin with @');
  }
}

const PARAMETERS: Parameters = {
  ...JOIN_PARAMETERS,
  ...STATE_PARAMETERS,
  window: gridOf,
  countByWindow: gridOf,
  reduceByKeyAndWindow: gridOf,
  windowAggregate: windowParametersOf,
  windowFold: windowParametersOf,
  windowReduce: windowParametersOf,
  windowProcess: windowParametersOf,
  aggregate: aggregateParameters,
};

function gridOf({ options }: CheckedNode): StateShape['parameters'] {
  const { windowMs, slideMs } = options as { readonly windowMs: number; readonly slideMs: number };
  return { windowMs, slideMs };
}
