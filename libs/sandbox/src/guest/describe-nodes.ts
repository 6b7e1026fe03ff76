import type { CheckedNode, TenantFunction } from '@tidemark/engine';
import type { DefinedNode } from '../logic/trace.js';

// Taken before the job's code runs, which may replace them.
const { apply } = Reflect;
const { toString } = Function.prototype;

/** Longer functions, and those that are left when all together are longer, stay without a text. */
const FUNCTION_CHARS_MAX = 200_000;
const ALL_CHARS_MAX = 4_000_000;

/** What a job's nodes are, with the texts that their functions have in the bundle. */
export function describeNodes(nodes: readonly CheckedNode[]): readonly DefinedNode[] {
  let left = ALL_CHARS_MAX;
  const textOf = (tenantFunction: TenantFunction): string => {
    const text = apply(toString, tenantFunction, []);
    if (text.length > FUNCTION_CHARS_MAX || text.length > left) return '';
    left -= text.length;
    return text;
  };
  return nodes.map(({ id, kind, uid, inputs, connector, options, schema, functions, at }) => ({
    id,
    kind,
    uid,
    inputs,
    connector,
    options,
    // The schema of state is part of the state's shape, and a change of it is told there.
    ...(kind === 'source' || kind === 'mapValues' ? { schema } : {}),
    functions: Object.fromEntries(Object.entries(functions).map(([role, each]) => [role, textOf(each)])),
    at,
  }));
}
