import { pathText, type Step } from './path.js';
import type { ArrayRules, JsonType, Member, ObjectRules, SchemaNode } from './schema.js';
import { numberProblem, sameJson, stringProblem, typeName } from './rules.js';

export type CheckedValue = { readonly value: unknown } | { readonly path: string; readonly reason: string };

/**
 * Checks what JSON.parse gave, or what the job's code made, and picks what the schema declares: declared members in the
 * order of the schema, `default` for a missing one; one that is undefined is missing. An object of which no members are
 * declared, and what lies under it, stays as it is.
 *
 * Where several parts of a schema declare members (`allOf`, `anyOf` beside `properties`), all of them are seen; of
 * `anyOf`, the first alternative that fits. A number that is too large for a double is refused wherever a schema looks.
 */
export function checkValue(schema: { readonly node: SchemaNode }, value: unknown): CheckedValue {
  const failure: Failure = { reason: '', steps: [] };
  const checked = checkNode(schema.node, value, failure);
  if (checked === INVALID) return { path: pathText(failure.steps.reverse()), reason: failure.reason };
  return { value: checked === AS_IS ? value : checked };
}

const INVALID = Symbol('invalid');
/** Valid, and nothing of it is declared. */
const AS_IS = Symbol('as it is');

/** Filled in while a check unwinds: innermost step first. */
interface Failure {
  reason: string;
  steps: Step[];
}

/** Deeper values are refused by schemas that refer to themselves. */
const DEPTH_MAX = 500;

function checkNode(node: SchemaNode, value: unknown, failure: Failure, depth = 0): unknown {
  if (depth > DEPTH_MAX) return invalid(failure, `has more than ${DEPTH_MAX} levels`);
  const problem = ownProblem(node, value);
  if (problem !== undefined) return invalid(failure, problem);
  let checked: unknown = AS_IS;
  if (Array.isArray(value)) {
    if (node.array !== undefined) checked = checkItems(node.array, value, failure, depth);
  } else if (typeof value === 'object' && value !== null && node.object !== undefined) {
    checked = checkMembers(node.object, value as Json, failure, depth);
  }
  if (checked === INVALID || isWithoutParts(node)) return checked;
  return checkParts(node, value, checked, failure, depth);
}

type Json = Readonly<Record<string, unknown>>;

function isWithoutParts({ anyOf, oneOf, allOf, not }: SchemaNode): boolean {
  return anyOf === undefined && oneOf === undefined && allOf === undefined && not === undefined;
}

function invalid(failure: Failure, reason: string): typeof INVALID {
  failure.reason = reason;
  failure.steps = [];
  return INVALID;
}

function invalidAt(failure: Failure, step: Step): typeof INVALID {
  failure.steps.push(step);
  return INVALID;
}

/** Of the value itself, not of what lies in it. */
function ownProblem({ types, allowed, number, string }: SchemaNode, value: unknown): string | undefined {
  if (types !== undefined && !hasType(types, value)) {
    return `expected ${[...types].join(' or ')}, found ${typeName(value)}`;
  }
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 'expected a number, found NaN';
    if (!Number.isFinite(value)) return 'expected a number that fits a double, found a larger one';
    const problem = number === undefined ? undefined : numberProblem(number, value);
    if (problem !== undefined) return problem;
  }
  if (typeof value === 'string' && string !== undefined) {
    const problem = stringProblem(string, value);
    if (problem !== undefined) return problem;
  }
  if (allowed === undefined || allowed.some((one) => sameJson(one, value))) return undefined;
  return `expected ${allowed.length === 1 ? '' : 'one of '}${shorten(allowed.map((one) => JSON.stringify(one)).join(', '))}`;
}

function hasType(types: ReadonlySet<JsonType>, value: unknown): boolean {
  if (types.has(typeName(value) as JsonType)) return true;
  return typeof value === 'number' && types.has('integer') && Number.isInteger(value);
}

const shorten = (text: string): string => (text.length <= 100 ? text : `${text.slice(0, 100)}…`);

function checkItems(rules: ArrayRules, values: readonly unknown[], failure: Failure, depth: number): unknown {
  const { prefixItems, items, minItems, maxItems } = rules;
  if (values.length < (minItems ?? 0)) return invalid(failure, `expected at least ${minItems ?? 0} items`);
  if (values.length > (maxItems ?? Infinity)) return invalid(failure, `expected at most ${maxItems ?? 0} items`);
  if (prefixItems.length === 0 && items === undefined) return AS_IS;
  const checked: unknown[] = [];
  for (let i = 0; i < values.length; i += 1) {
    const node = prefixItems[i] ?? items;
    const item = node === undefined ? AS_IS : checkNode(node, values[i], failure, depth + 1);
    if (item === INVALID) return invalidAt(failure, i);
    checked.push(item === AS_IS ? values[i] : item);
  }
  return checked;
}

function checkMembers(rules: ObjectRules, value: Json, failure: Failure, depth: number): unknown {
  const problem = membersProblem(rules, value);
  if (problem !== undefined) return invalid(failure, problem);
  const { members, additional, names } = rules;
  if (names !== undefined) {
    for (const name of Object.keys(value)) {
      if (checkNode(names, name, failure, depth + 1) !== INVALID) continue;
      return invalid(failure, `the name ${JSON.stringify(shorten(name))}: ${failure.reason}`);
    }
  }
  if (members === undefined && additional === undefined) return AS_IS;
  const checked: Record<string, unknown> = {};
  for (const member of members ?? []) {
    if (!checkMember(member, value, checked, failure, depth)) return INVALID;
  }
  if (additional !== undefined) {
    for (const name of Object.keys(value)) {
      if (members?.some((member) => member.name === name)) continue;
      const one = checkNode(additional, value[name], failure, depth + 1);
      if (one === INVALID) return invalidAt(failure, name);
      setMember(checked, name, one === AS_IS ? value[name] : one);
    }
  }
  return checked;
}

/** Assignment would take a member called __proto__ for the prototype. */
export function setMember(of: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') of[name] = value;
  else Object.defineProperty(of, name, { value, enumerable: true, configurable: true, writable: true });
}

function membersProblem(rules: ObjectRules, value: Json): string | undefined {
  const missing = rules.requiredToo.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `the member ${JSON.stringify(missing)} is missing`;
  const { minProperties = 0, maxProperties = Infinity } = rules;
  if (minProperties === 0 && maxProperties === Infinity) return undefined;
  const count = Object.keys(value).length;
  if (count < minProperties) return `expected at least ${minProperties} members, found ${count}`;
  return count > maxProperties ? `expected at most ${maxProperties} members, found ${count}` : undefined;
}

/** @returns false if it is invalid. No declared member is called __proto__. */
function checkMember(
  member: Member,
  of: Json,
  checked: Record<string, unknown>,
  failure: Failure,
  depth: number,
): boolean {
  const { name, node, required } = member;
  if (Object.hasOwn(of, name) && of[name] !== undefined) {
    const one = checkNode(node, of[name], failure, depth + 1);
    if (one === INVALID) {
      invalidAt(failure, name);
      return false;
    }
    checked[name] = one === AS_IS ? of[name] : one;
    return true;
  }
  if (node.defaultText !== undefined) {
    checked[name] = JSON.parse(node.defaultText);
    return true;
  }
  if (!required) return true;
  invalid(failure, 'is missing');
  invalidAt(failure, name);
  return false;
}

function checkParts(node: SchemaNode, value: unknown, own: unknown, failure: Failure, depth: number): unknown {
  let checked = own;
  for (const part of node.allOf ?? []) {
    const one = checkNode(part, value, failure, depth);
    if (one === INVALID) return INVALID;
    checked = both(checked, one);
  }
  for (const choice of [alternatives(node.anyOf, false), alternatives(node.oneOf, true)]) {
    if (choice === undefined) continue;
    const one = checkAlternatives(choice, value, failure, depth);
    if (one === INVALID) return INVALID;
    checked = both(checked, one);
  }
  if (node.not !== undefined && checkNode(node.not, value, failure, depth) !== INVALID) {
    return invalid(failure, 'is what "not" excludes');
  }
  return checked;
}

interface Choice {
  readonly nodes: readonly SchemaNode[];
  readonly exactlyOne: boolean;
}

function alternatives(nodes: readonly SchemaNode[] | undefined, exactlyOne: boolean): Choice | undefined {
  return nodes === undefined ? undefined : { nodes, exactlyOne };
}

function checkAlternatives({ nodes, exactlyOne }: Choice, value: unknown, failure: Failure, depth: number): unknown {
  let found: unknown = INVALID;
  for (const node of nodes) {
    const one = checkNode(node, value, failure, depth);
    if (one === INVALID) continue;
    if (!exactlyOne) return one;
    if (found !== INVALID) return invalid(failure, 'fits more than one of the alternatives');
    found = one;
  }
  return found === INVALID ? invalid(failure, `fits none of the ${nodes.length} alternatives`) : found;
}

/** What two parts of a schema declare of the same value, together. */
function both(a: unknown, b: unknown): unknown {
  if (a === AS_IS) return b;
  if (b === AS_IS || typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a;
  if (Array.isArray(a) && Array.isArray(b)) return a.map((item, index) => both(item, (b as unknown[])[index]));
  const merged = new Map(Object.entries(a));
  for (const [name, value] of Object.entries(b)) {
    merged.set(name, merged.has(name) ? both(merged.get(name), value) : value);
  }
  return Object.fromEntries(merged);
}
