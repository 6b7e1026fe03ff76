import { ruleOf, type CheckedNode } from './checked-definition.js';

/**
 * JSON Schema of a node's keys, where it is known: they are a field of records that have a schema, the same one on all ways
 * to the node. undefined says nothing.
 *
 * @param byId each node at its id.
 */
export function keySchemaOf(node: CheckedNode, byId: readonly CheckedNode[]): unknown {
  return sameOf(node.inputs.map((input) => keyFrom(byId[input], byId)));
}

function keyFrom(node: CheckedNode | undefined, byId: readonly CheckedNode[]): unknown {
  if (node === undefined) return undefined;
  const { field } = node.options;
  if (node.kind === 'keyBy') {
    if (typeof field !== 'string') return undefined;
    return sameOf(node.inputs.map((input) => memberOf(recordFrom(byId[input], byId), field)));
  }
  return ruleOf(node.kind).keyed === false ? undefined : keySchemaOf(node, byId);
}

function recordFrom(node: CheckedNode | undefined, byId: readonly CheckedNode[]): unknown {
  if (node?.kind === 'source') return node.schema;
  if (node === undefined || ruleOf(node.kind).passesOn !== 'rows') return undefined;
  return sameOf(node.inputs.map((input) => recordFrom(byId[input], byId)));
}

function memberOf(schema: unknown, field: string): unknown {
  const { properties } = (schema ?? {}) as { readonly properties?: { readonly [name: string]: unknown } };
  const member = properties !== undefined && Object.hasOwn(properties, field) ? properties[field] : undefined;
  // What it refers to would have to come with it.
  return JSON.stringify(member ?? {}).includes('"$ref"') ? undefined : member;
}

function sameOf(schemas: readonly unknown[]): unknown {
  const [first] = schemas;
  return schemas.every((schema) => JSON.stringify(schema) === JSON.stringify(first)) ? first : undefined;
}
