import { sortedJson } from '../sorted-json.js';

/** What became of the JSON Schema of a state, or of a key. Paths begin with `value`. */
export type SchemaChange =
  | { readonly outcome: 'same' }
  /** Whatever the old schema allows can be read as the new one has it; what changed, one sentence each. */
  | { readonly outcome: 'evolves'; readonly changes: readonly [string, ...string[]] }
  | { readonly outcome: 'differs'; readonly reason: string };

type Json = { readonly [name: string]: unknown };

/** Keywords that say nothing about a value. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
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
const STRUCTURE: ReadonlySet<string> = new Set([
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

const PAIRS_MAX = 10_000;

/**
 * Whether state of one schema can be read under another one without code of the tenant. Members may be reordered, removed,
 * or added where they are optional or have a default; types may become wider: integer to number, an enum with more members,
 * required to optional, bounds that let more through. Whatever else is different, is different: a rename is a member that is
 * gone and a required one that is new.
 *
 * @param before JSON Schema, draft 2020-12; undefined where none was declared.
 */
export function compareSchemas(before: unknown, after: unknown): SchemaChange {
  if (before === undefined && after === undefined) return { outcome: 'same' };
  if (before === undefined) return { outcome: 'differs', reason: 'had no schema and now has one' };
  if (after === undefined) return { outcome: 'evolves', changes: ['the schema is gone: every value is allowed'] };
  try {
    const [first, ...more] = new Comparison(before, after).changes();
    return first === undefined ? { outcome: 'same' } : { outcome: 'evolves', changes: [first, ...more] };
  } catch (error) {
    if (error instanceof Different) return { outcome: 'differs', reason: error.message };
    throw error;
  }
}

/** Thrown at the first difference; its message is the reason. */
class Different extends Error {}

class Comparison {
  private readonly found: string[] = [];
  /** Pairs of places that are being compared or were: a schema may refer to itself. */
  private readonly seen = new Set<string>();

  constructor(
    private readonly before: unknown,
    private readonly after: unknown,
  ) {}

  changes(): readonly string[] {
    this.fits(this.before, this.after, 'value');
    return this.found;
  }

  private fits(rawBefore: unknown, rawAfter: unknown, path: string): void {
    const before = resolved(rawBefore, this.before);
    const after = resolved(rawAfter, this.after);
    if (this.isKnown(before, after) || isSame(before, after)) return;
    if (allowsAll(after)) {
      if (!allowsAll(before)) this.found.push(`${path} may be anything now`);
      return;
    }
    if (before === false) return;
    const [old, now] = [asSchema(before, path), asSchema(after, path)];
    if (this.fitsAlternatives(old, now, path)) return;
    this.fitsValues(old, now, path);
    this.fitsTypes(old, now, path);
    this.fitsBounds(old, now, path);
    this.fitsMembers(old, now, path);
    this.fitsItems(old, now, path);
  }

  private isKnown(before: unknown, after: unknown): boolean {
    const pair = `${sortedJson(before)} ${sortedJson(after)}`;
    if (this.seen.has(pair)) return true;
    if (this.seen.size >= PAIRS_MAX) throw new Different('is too large to be compared');
    this.seen.add(pair);
    return false;
  }

  /** @returns whether one of the two is a choice, and so all is said. */
  private fitsAlternatives(before: Json, after: Json, path: string): boolean {
    const [from, to] = [alternativesOf(before), alternativesOf(after)];
    if (from === undefined && to === undefined) return false;
    if (saysMore(before, from) || saysMore(after, to)) {
      throw new Different(`${path} was ${shown(before)} and is now ${shown(after)}`);
    }
    const choices = to ?? [after];
    for (const one of from ?? [before]) {
      if (!choices.some((other) => this.wouldFit(one, other, path))) {
        throw new Different(`${path} was ${shown(one)}, which ${shown(after)} does not allow`);
      }
    }
    if ((from ?? [before]).length < choices.length) this.found.push(`${path} may be more than it was`);
    return true;
  }

  private wouldFit(before: unknown, after: unknown, path: string): boolean {
    const [changes, pairs] = [this.found.length, [...this.seen]];
    try {
      this.fits(before, after, path);
      return true;
    } catch (error) {
      if (!(error instanceof Different)) throw error;
      this.found.length = changes;
      this.seen.clear();
      for (const pair of pairs) this.seen.add(pair);
      return false;
    }
  }

  private fitsValues(before: Json, after: Json, path: string): void {
    const [from, to] = [valuesOf(before), valuesOf(after)];
    if (to === undefined) {
      if (from !== undefined) this.found.push(`${path} is no longer one of ${shown(from)}`);
      return;
    }
    if (from === undefined) throw new Different(`${path} was any ${typeText(before)} and is now one of ${shown(to)}`);
    const allowed = new Set(to.map(sortedJson));
    const gone = from.filter((value) => !allowed.has(sortedJson(value)));
    if (gone.length > 0) throw new Different(`${path} was ${shown(gone[0])}, which is not one of ${shown(to)}`);
    if (to.length > from.length) this.found.push(`${path} may be one of ${shown(to)} now`);
  }

  private fitsTypes(before: Json, after: Json, path: string): void {
    const [from, to] = [typesOf(before), typesOf(after)];
    if (to === undefined) {
      if (from !== undefined) this.found.push(`${path} may be of any type now`);
      return;
    }
    // Which values there can be says of which types they are.
    const old = from ?? valuesOf(before)?.map(typeOfValue);
    if (old === undefined) throw new Different(`${path} was anything and is now ${typeText(after)}`);
    const allows = (type: string): boolean => to.includes(type) || (type === 'integer' && to.includes('number'));
    if (!old.every(allows)) throw new Different(`${path} was ${old.join(' or ')} and is now ${to.join(' or ')}`);
    if (from !== undefined && to.some((type) => !from.includes(type))) {
      this.found.push(`${path} was ${from.join(' or ')} and is now ${to.join(' or ')}`);
    }
  }

  private fitsBounds(before: Json, after: Json, path: string): void {
    const bounds = (schema: Json): readonly string[] =>
      Object.keys(schema).filter(
        (name) => !ANNOTATIONS.has(name) && !STRUCTURE.has(name) && !isSafeBound(schema[name]),
      );
    for (const name of new Set([...bounds(before), ...bounds(after)])) {
      const [from, to] = [before[name], isSafeBound(after[name]) ? undefined : after[name]];
      if (to !== undefined && sortedJson(from ?? null) === sortedJson(to)) continue;
      const change = `${path}: ${name} was ${shown(from)} and is now ${shown(to)}`;
      if (to !== undefined && !isLooser(name, from, to)) throw new Different(change);
      this.found.push(change);
    }
  }

  private fitsMembers(before: Json, after: Json, path: string): void {
    if (!mayBe(before, 'object') || !mayBe(after, 'object')) return;
    const [old, now] = [membersOf(before), membersOf(after)];
    const [oldRequired, nowRequired] = [namesOf(before['required']), namesOf(after['required'])];
    const rest = after['additionalProperties'];
    for (const [name, member] of Object.entries(old)) {
      const at = `${path}.${name}`;
      const wanted = Object.hasOwn(now, name) ? now[name] : undefined;
      if (wanted !== undefined) this.fits(member, wanted, at);
      else if (typeof rest === 'object' && rest !== null) this.fits(member, rest, at);
      else if (!isOpen(after)) this.found.push(`${at} is gone`);
    }
    for (const name of Object.keys(now)) {
      if (!Object.hasOwn(old, name)) this.memberCame(name, before, { after, path });
      else if (nowRequired.has(name) && !oldRequired.has(name) && !hasDefault(now[name])) {
        throw new Different(`${path}.${name} was optional and is now required`);
      } else if (!nowRequired.has(name) && oldRequired.has(name)) this.found.push(`${path}.${name} is optional now`);
    }
    for (const name of nowRequired) {
      if (!Object.hasOwn(now, name) && !oldRequired.has(name)) {
        throw new Different(`${path}.${name} is new and required`);
      }
    }
    this.fitsRest(before, after, path);
  }

  private memberCame(name: string, before: Json, to: { readonly after: Json; readonly path: string }): void {
    const { after, path } = to;
    const wanted = membersOf(after)[name];
    const of = before['additionalProperties'];
    // A member of a dictionary becomes a declared one.
    if (typeof of === 'object' && of !== null) this.fits(of, wanted, `${path}.${name}`);
    if (namesOf(after['required']).has(name) && !hasDefault(wanted)) {
      throw new Different(`${path}.${name} is new and required, and has no default`);
    }
    this.found.push(`${path}.${name} is new${hasDefault(wanted) ? '' : ' and optional'}`);
  }

  /** Members that are not declared: of a dictionary, say. */
  private fitsRest(before: Json, after: Json, path: string): void {
    const [from, to] = [before['additionalProperties'], after['additionalProperties']];
    if (typeof from !== 'object' || from === null) return;
    if (typeof to === 'object' && to !== null) this.fits(from, to, `${path}.*`);
    else if (!isOpen(after)) {
      throw new Different(`${path} was a dictionary of ${shown(from)} and is now one of declared members`);
    }
  }

  private fitsItems(before: Json, after: Json, path: string): void {
    if (!mayBe(before, 'array') || !mayBe(after, 'array')) return;
    const [old, now] = [listOf(before['prefixItems']), listOf(after['prefixItems'])];
    if (old.length !== now.length) {
      throw new Different(`${path} was a list of ${old.length} and is now one of ${now.length} given items`);
    }
    old.forEach((item, index) => {
      this.fits(item, now[index], `${path}[${index}]`);
    });
    if (after['items'] !== undefined) this.fits(before['items'] ?? true, after['items'], `${path}[]`);
    else if (before['items'] !== undefined) this.found.push(`${path}[] may be anything now`);
  }
}

function resolved(schema: unknown, document: unknown, depth = 0): unknown {
  if (typeof schema !== 'object' || schema === null || !('$ref' in schema)) return schema;
  const { $ref: reference } = schema;
  if (typeof reference !== 'string' || !reference.startsWith('#') || depth > 100) {
    throw new Different(`refers to ${shown(reference)}, which cannot be followed`);
  }
  let target: unknown = document;
  for (const part of reference.split('/').slice(1)) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    target = typeof target === 'object' && target !== null ? (target as Json)[name] : undefined;
  }
  if (target === undefined) throw new Different(`refers to ${reference}, which is not there`);
  return resolved(target, document, depth + 1);
}

const allowsAll = (schema: unknown): boolean =>
  schema === true ||
  (typeof schema === 'object' && schema !== null && Object.keys(schema).every((name) => ANNOTATIONS.has(name)));

function asSchema(schema: unknown, path: string): Json {
  if (schema === true) return {};
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return schema as Json;
  throw new Different(`${path} is nothing at all now`);
}

function alternativesOf({ anyOf, oneOf }: Json): readonly unknown[] | undefined {
  if (Array.isArray(anyOf)) return anyOf as readonly unknown[];
  return Array.isArray(oneOf) ? (oneOf as readonly unknown[]) : undefined;
}

function valuesOf(schema: Json): readonly unknown[] | undefined {
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? (schema['enum'] as readonly unknown[]) : undefined;
}

function typesOf({ type }: Json): readonly string[] | undefined {
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? (type as readonly string[]) : undefined;
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

const mayBe = (schema: Json, type: string): boolean => typesOf(schema)?.includes(type) ?? true;
const typeText = (schema: Json): string => typesOf(schema)?.join(' or ') ?? 'value';
const membersOf = ({ properties }: Json): Json =>
  typeof properties === 'object' && properties !== null ? (properties as Json) : {};
const namesOf = (required: unknown): ReadonlySet<string> =>
  new Set(Array.isArray(required) ? (required as readonly string[]) : []);
const listOf = (items: unknown): readonly unknown[] => (Array.isArray(items) ? (items as readonly unknown[]) : []);
const hasDefault = (schema: unknown): boolean => typeof schema === 'object' && schema !== null && 'default' in schema;
/** Members that it does not declare are kept: it declares none, or says so. */
const isOpen = (schema: Json): boolean =>
  schema['additionalProperties'] === true ||
  (schema['properties'] === undefined && schema['additionalProperties'] === undefined);
/** An integer beyond it, which no double can hold, is no value that was ever kept. */
const isSafeBound = (bound: unknown): boolean => Math.abs(Number(bound)) === Number.MAX_SAFE_INTEGER;

function isLooser(bound: string, from: unknown, to: unknown): boolean {
  if (typeof from !== 'number' || typeof to !== 'number') return false;
  return (LOWER_BOUNDS.includes(bound) && to <= from) || (UPPER_BOUNDS.includes(bound) && to >= from);
}

/** Where nothing refers to elsewhere, the same text is the same schema. */
function isSame(before: unknown, after: unknown): boolean {
  const text = sortedJson(before);
  return text === sortedJson(after) && !text.includes('"$ref"');
}

/** Whether a choice is narrowed by what stands beside it. */
const saysMore = (schema: Json, alternatives: unknown): boolean =>
  alternatives !== undefined &&
  Object.keys(schema).some((name) => name !== 'anyOf' && name !== 'oneOf' && !ANNOTATIONS.has(name));

function shown(json: unknown): string {
  const text = json === undefined ? 'absent' : sortedJson(json);
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
