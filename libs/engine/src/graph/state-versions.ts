import { own } from '@tidemark/domain';
import { MIGRATIONS, ruleOf, type CheckedNode, type TenantFunction } from './checked-definition.js';
import type { StoredForm } from '../ports.js';
import type { Check } from './check-parts.js';

const VERSION_MAX = 10_000;

/** Whether the form of a node's state has a version. */
const isVersioned = ({ kind }: CheckedNode): boolean => ruleOf(kind).functions.includes(MIGRATIONS);

/**
 * Whether its state can be read from this form. A fold in windows gives its state no version, and keeps it otherwise with a
 * schema than without one.
 */
export const canConvert = (node: CheckedNode, { schema, steps }: StoredForm): boolean =>
  isVersioned(node) ||
  (node.kind === 'windowFold' && node.schema !== undefined && schema !== undefined && steps.length === 0);

/** The version of its state, and the steps that lead there. */
export const checkVersion: Check = (node, invalid) => {
  if (!isVersioned(node)) return;
  const { version = 1 } = node.options as { readonly version?: number };
  if (!Number.isSafeInteger(version) || version < 1 || version > VERSION_MAX) {
    invalid(`the version of the state of ${node.kind} must be a whole number from 1 to ${VERSION_MAX}`);
    return;
  }
  for (const from of stepsOf(node).keys()) {
    if (Number.isSafeInteger(from) && from >= 1 && from < version) continue;
    invalid(`the ${node.kind} has a migration from version ${String(from)}, and its state is of version ${version}`);
  }
};

/** By the version from which each leads to the next. */
export function stepsOf({ functions }: CheckedNode): ReadonlyMap<number, TenantFunction> {
  const steps = new Map<number, TenantFunction>();
  for (const [role, step] of Object.entries(functions)) {
    if (role.startsWith('migrate.')) steps.set(Number(role.slice('migrate.'.length)), step);
  }
  return steps;
}

/** JSON Schema of a node's state: declared, or of `process` told by what its cells begin with. */
export function stateSchemaOf({ kind, schema, options }: CheckedNode): unknown {
  if (kind !== 'process') return schema;
  const cells = options['state'] as { readonly [name: string]: unknown };
  const properties = Object.fromEntries(
    Object.entries(cells).map(([name, value]) => [name, { ...own(CELL_TYPES, typeof value), default: value }]),
  );
  return { type: 'object', properties };
}

/** What begins as anything else takes any JSON. */
const CELL_TYPES: { readonly [type: string]: { readonly type: string } } = {
  number: { type: 'number' },
  boolean: { type: 'boolean' },
};
