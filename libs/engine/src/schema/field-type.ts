import { hasOnly } from './simplify.js';
import type { Member, NumberRules } from './schema.js';
import { numberProblem, sameJson, stringProblem } from './rules.js';

export type FieldKind = 'number' | 'string' | 'boolean' | 'json';

/**
 * What a generated decoder makes of a member. `number`, `string` and `boolean` are always there and never null; anything
 * else is `json`. `plain` says what lies beneath: a `json` field with a plain type is one of it, or null, or missing.
 */
export interface FieldType {
  readonly kind: FieldKind;
  readonly plain: PlainType | undefined;
}

export interface PlainType {
  readonly type: 'number' | 'string' | 'boolean';
  readonly integer: boolean;
  readonly nullable: boolean;
  /** May be missing, and has no default. */
  readonly optional: boolean;
  readonly number: NumberRules | undefined;
  /** What is to be checked of a string beyond its type; undefined: nothing. */
  readonly accepts: ((value: string | number | boolean) => boolean) | undefined;
  readonly defaultText: string | undefined;
}

export function typeOfField(member: Member): FieldType {
  const plain = plainType(member);
  const isThere = plain !== undefined && !plain.nullable && !plain.optional;
  return { kind: isThere ? plain.type : 'json', plain };
}

function plainType({ node, required }: Member): PlainType | undefined {
  const { types, allowed, number, string, defaultText } = node;
  if (types === undefined || !hasOnly(node, PLAIN_KEYS)) return undefined;
  const names = new Set([...types].map((type) => (type === 'integer' ? 'number' : type)));
  const nullable = names.delete('null');
  const [type] = names;
  if (names.size !== 1 || (type !== 'number' && type !== 'string' && type !== 'boolean')) return undefined;
  const nullDefault = defaultText !== undefined && typeof JSON.parse(defaultText) !== type;
  // null in an enum or as default would need a third kind of check.
  if (nullDefault || (nullable && allowed !== undefined)) return undefined;
  const checks = [
    allowed === undefined ? undefined : (value: unknown) => allowed.some((one) => sameJson(one, value)),
    string === undefined ? undefined : (value: unknown) => stringProblem(string, value as string) === undefined,
    number?.multipleOf === undefined
      ? undefined
      : (value: unknown) => numberProblem(number, value as number) === undefined,
  ].filter((check) => check !== undefined);
  return {
    type,
    integer: types.has('integer') && !types.has('number'),
    nullable,
    optional: !required && defaultText === undefined,
    number,
    accepts: checks.length === 0 ? undefined : (value) => checks.every((check) => check(value)),
    defaultText,
  };
}

const PLAIN_KEYS = ['types', 'allowed', 'number', 'string', 'defaultText'] as const;
