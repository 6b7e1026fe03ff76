import type { StateShape } from '@tidemark/domain';
import { isDuration, isJson, type Check, type Checks, type Parameters } from './check-parts.js';
import type { CheckedNode } from './checked-definition.js';
import { aggregatesOf, columnName, functionsOf } from './operators/aggregate-code.js';
import type { AggregateSpec, AggregatorKind } from './operators/aggregator-kind.js';
import { aggregatorOf } from './operators/aggregators.js';

const PANES_MAX = 100;
const NAMES_MAX = 100;

/** Whether the node's ttl is in event time, so that an eventTime(…) must stand before it. */
export const needsTtlTime = ({ options }: CheckedNode): boolean => options['ttlTime'] === 'event';

/** The options that all keyed state has. */
export const checkKeyedState: Check = ({ kind, options }, invalid) => {
  const { ttlMs, ttlTime, keysMax } = options;
  // A duration that was none is null here, as JSON makes it.
  if (ttlMs !== undefined && !isCount(ttlMs)) {
    invalid(`the ${kind === 'mapWithState' ? 'timeout' : 'ttl'} of ${kind} must be a duration, for example '1 h'`);
  }
  if (ttlMs !== undefined && ttlTime !== 'processing' && ttlTime !== 'event') {
    invalid(`the time of the ttl of ${kind} must be "processing" or "event"`);
  }
  if (keysMax !== undefined && !isCount(keysMax)) invalid(`the keysMax of ${kind} must be a whole number from 1`);
};

export const STATE_CHECKS: Checks = {
  updateStateByKey({ options: { visit } }, invalid) {
    if (visit !== undefined && visit !== 'touched' && visit !== 'all') {
      invalid('the visit of updateStateByKey must be "touched" or "all"');
    }
  },

  process({ options }, invalid) {
    const { state, outputs, timersMax } = options;
    if (!isJson(state) || typeof state !== 'object' || state === null || Array.isArray(state)) {
      invalid('the state of process must name its cells with what they begin with, for example { count: 0 }');
    } else if (Object.keys(state).some((name) => name === '' || name.startsWith('@'))) {
      invalid('a state cell of process must have a name that does not begin with @');
    }
    if (outputs !== undefined && !areNames(outputs)) {
      invalid(`the outputs of process must be at most ${NAMES_MAX} different names`);
    }
    if (timersMax !== undefined && !isCount(timersMax)) {
      invalid('the timersMax of process must be a whole number from 1');
    }
  },

  countWindow(node, invalid) {
    const { size, slide } = node.options;
    if (!isCount(size) || !isCount(slide)) {
      invalid('the size and slide of countWindow must be whole numbers from 1');
    } else if (size % slide !== 0 || size / slide > PANES_MAX) {
      invalid(`the size of countWindow must be 1 to ${PANES_MAX} times its slide`);
    }
    checkAggregates(node, invalid);
    if (size !== slide) checkMerges(node, invalid);
  },
};

/** Of a node that puts figures together from parts. */
export const checkMerges: Check = (node, invalid) => {
  const figures: unknown = node.options['aggregates'];
  if (!Array.isArray(figures)) return;
  for (const { name, kind } of aggregatesOf(node)) {
    if (kind === 'custom' && node.functions[`${name}.merge`] === undefined) {
      invalid(`the aggregate "${name}" needs a merge function: the ${node.kind} puts its parts together`);
    }
  }
};

/** Of every node that has figures. */
export const checkAggregates: Check = (node, invalid) => {
  const figures: unknown = node.options['aggregates'];
  if (!Array.isArray(figures) || figures.length === 0 || figures.length > NAMES_MAX) {
    invalid(`the ${node.kind} needs 1 to ${NAMES_MAX} figures, for example { count: count() }`);
    return;
  }
  const names = new Set<unknown>();
  const figureNames = new Set<unknown>(aggregatesOf(node).map((spec) => spec.name));
  for (const spec of aggregatesOf(node)) {
    const { name, kind } = spec;
    const aggregator = aggregatorOf(kind);
    if (typeof name !== 'string' || name === '' || name.length > 100 || name.startsWith('@') || names.has(name)) {
      invalid(`the ${node.kind} has a figure without a name of its own`);
    }
    names.add(name);
    for (const index of aggregator?.columns.keys() ?? []) {
      const column = columnName(name, index);
      if (index > 0 && figureNames.has(column)) {
        invalid(
          `the figure "${column.slice(0, 100)}" of the ${node.kind} needs another name: "${name}" keeps state under it`,
        );
      }
    }
    const problem =
      aggregator === undefined ? `there is no aggregate "${kind.slice(0, 50)}"` : problemOf(node, spec, aggregator);
    if (problem !== undefined) invalid(problem);
  }
};

function problemOf(node: CheckedNode, spec: AggregateSpec, aggregator: AggregatorKind): string | undefined {
  const { name, field } = spec;
  const own = functionsOf(node, spec);
  if (aggregator.takesNumber && (typeof field === 'string') === (own['of'] !== undefined)) {
    return `the aggregate "${name}" needs the name of a field or a function`;
  }
  const missing = aggregator.roles?.find((role) => !role.endsWith('?') && own[role] === undefined);
  if (missing !== undefined) return `the aggregate "${name}" needs a function as its "${missing}"`;
  const wrong = aggregator.check?.(spec);
  return wrong === undefined ? undefined : `the aggregate "${name}" ${wrong}`;
}

export function aggregateParameters(node: CheckedNode): StateShape['parameters'] {
  return Object.fromEntries(
    aggregatesOf(node).map((spec) => [spec.name, aggregatorOf(spec.kind)?.parameter?.(spec) ?? spec.kind]),
  );
}

export const STATE_PARAMETERS: Parameters = {
  countWindow: (node) => {
    const { size, slide } = node.options as { readonly size: number; readonly slide: number };
    return { ...aggregateParameters(node), '@size': size, '@slide': slide };
  },
};

const isCount = (value: unknown): value is number => isDuration(value) && (value as number) > 0;

function areNames(value: unknown): boolean {
  if (!Array.isArray(value) || value.length > NAMES_MAX) return false;
  return value.every((name) => typeof name === 'string' && name !== '') && new Set(value).size === value.length;
}
