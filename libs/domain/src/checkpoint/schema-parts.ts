// What the parts of a JSON Schema say, draft 2020-12.
export type Json = { readonly [name: string]: unknown };

/** Keywords that say nothing about a value. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'id',
  'title',
  'description',
  'examples',
  'default',
  'format',
  'deprecated',
  'readOnly',
  'writeOnly',
  'contentEncoding',
  'contentMediaType',
]);
const LOWER_BOUNDS: readonly string[] = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const UPPER_BOUNDS: readonly string[] = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];
/** Compared as such below; whatever is neither here nor a bound may go, and may not come or become another. */
export const STRUCTURE: ReadonlySet<string> = new Set([
  '$ref',
  'type',
  'enum',
  'const',
  'anyOf',
  'oneOf',
  'items',
  'prefixItems',
  'properties',
  'required',
  'additionalProperties',
]);

export const allowsAll = (schema: unknown): boolean =>
  schema === true ||
  (typeof schema === 'object' && schema !== null && Object.keys(schema).every((name) => ANNOTATIONS.has(name)));

export function alternativesOf({ anyOf, oneOf }: Json): readonly unknown[] | undefined {
  if (Array.isArray(anyOf)) return anyOf as readonly unknown[];
  return Array.isArray(oneOf) ? (oneOf as readonly unknown[]) : undefined;
}

export function valuesOf(schema: Json): readonly unknown[] | undefined {
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? (schema['enum'] as readonly unknown[]) : undefined;
}

export function typesOf({ type }: Json): readonly string[] | undefined {
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? (type as readonly string[]) : undefined;
}

export function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

export const mayBe = (schema: Json, type: string): boolean => typesOf(schema)?.includes(type) ?? true;
export const typeText = (schema: Json): string => typesOf(schema)?.join(' or ') ?? 'value';
export const membersOf = ({ properties }: Json): Json =>
  typeof properties === 'object' && properties !== null ? (properties as Json) : {};
export const namesOf = (required: unknown): ReadonlySet<string> =>
  new Set(Array.isArray(required) ? (required as readonly string[]) : []);
export const listOf = (items: unknown): readonly unknown[] =>
  Array.isArray(items) ? (items as readonly unknown[]) : [];
export const hasDefault = (schema: unknown): boolean =>
  typeof schema === 'object' && schema !== null && 'default' in schema;
/** Members that it does not declare are kept: it declares none, or says so. */
export const isOpen = (schema: Json): boolean =>
  schema['additionalProperties'] === true ||
  (schema['properties'] === undefined && schema['additionalProperties'] === undefined);
/** An integer beyond it, which no double can hold, is no value that was ever kept. */
export const isSafeBound = (bound: unknown): boolean => Math.abs(Number(bound)) === Number.MAX_SAFE_INTEGER;

export function isLooser(bound: string, from: unknown, to: unknown): boolean {
  if (typeof from !== 'number' || typeof to !== 'number') return false;
  return (LOWER_BOUNDS.includes(bound) && to <= from) || (UPPER_BOUNDS.includes(bound) && to >= from);
}

/** Whether a choice is narrowed by what stands beside it. */
export const saysMore = (schema: Json, alternatives: unknown): boolean =>
  alternatives !== undefined &&
  Object.keys(schema).some((name) => name !== 'anyOf' && name !== 'oneOf' && !ANNOTATIONS.has(name));
