import { ANYTHING, type JsonType, type RecordSchema, type SchemaNode } from './schema.js';

/** Two ways of writing the same have the same node, so that decoders need to be fast at one only. */
export function simplify(node: SchemaNode): SchemaNode {
  return withTypeOfAllowed(withoutWrapper(withNull(node)));
}

/** `{"anyOf": [{"type": "string"}, {"type": "null"}]}` is `{"type": ["string", "null"]}`. */
function withNull(node: SchemaNode): SchemaNode {
  const branches = node.anyOf ?? node.oneOf;
  if (branches?.length !== 2 || !hasOnly(node, ['anyOf', 'oneOf', 'defaultText'])) return node;
  if (node.anyOf !== undefined && node.oneOf !== undefined) return node;
  const [isNull, other] = isOnlyNull(branches[0]) ? branches : [branches[1], branches[0]];
  if (!isOnlyNull(isNull) || other?.types === undefined || other.types.has('null')) return node;
  // What a member becomes if it is missing is said by the member, not by a branch of it.
  const says = hasOnly(other, ['types', 'number', 'string', 'array', 'object', 'defaultText']);
  return says ? { ...other, types: new Set([...other.types, 'null']), defaultText: node.defaultText } : node;
}

/** `{"$ref": "#/$defs/user"}` is the user. */
function withoutWrapper(node: SchemaNode): SchemaNode {
  const [only] = node.allOf ?? [];
  if (only === undefined || node.allOf?.length !== 1 || !hasOnly(node, ['allOf', 'defaultText'])) return node;
  // A node that is still being read says nothing yet; it stays behind its wrapper.
  return hasOnly(only, []) ? node : { ...only, defaultText: node.defaultText };
}

function withTypeOfAllowed(node: SchemaNode): SchemaNode {
  if (node.types !== undefined || node.allowed === undefined) return node;
  const types = new Set(node.allowed.map(typeOfPrimitive));
  const [type] = types;
  return types.size === 1 && type !== undefined ? { ...node, types: new Set([type]) } : node;
}

function typeOfPrimitive(value: unknown): JsonType | undefined {
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : undefined;
}

function isOnlyNull(node: SchemaNode | undefined): boolean {
  return node?.types?.size === 1 && node.types.has('null') && hasOnly(node, ['types']);
}

/** Nothing is said by `node` but what `keys` name. */
export function hasOnly(node: SchemaNode, keys: readonly (keyof SchemaNode)[]): boolean {
  const all = Object.keys(ANYTHING) as (keyof SchemaNode)[];
  return all.every((key) => node[key] === undefined || keys.includes(key));
}

export function asRecord(node: SchemaNode): RecordSchema | undefined {
  const { object, types } = node;
  if (object?.members === undefined || types?.size !== 1 || !types.has('object')) return undefined;
  const { members, requiredToo, additional, names, minProperties, maxProperties } = object;
  const more = additional ?? names ?? minProperties ?? maxProperties;
  if (more !== undefined || requiredToo.length > 0 || !hasOnly(node, ['types', 'object', 'defaultText'])) {
    return undefined;
  }
  return { kind: 'record', node, members };
}

/**
 * Checking a value by one of `nodes` would come to check the same value by it again: the first such node's index, or -1.
 */
export function findEndless(nodes: readonly SchemaNode[]): number {
  const harmless = new Set<SchemaNode>();
  return nodes.findIndex((node) => isEndless(node, new Set(), harmless));
}

function isEndless(node: SchemaNode, above: Set<SchemaNode>, harmless: Set<SchemaNode>): boolean {
  if (above.has(node)) return true;
  if (harmless.has(node)) return false;
  above.add(node);
  const sameValue = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? []), node.not];
  if (sameValue.some((next) => next !== undefined && isEndless(next, above, harmless))) return true;
  above.delete(node);
  harmless.add(node);
  return false;
}
