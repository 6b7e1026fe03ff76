import type { JsonSchema, SchemaKeywords } from './nasty-lines.js';

const string = { type: 'string' };
const number = { type: 'number' };
const integer = { type: 'integer' };
const boolean = { type: 'boolean' };

type Members = Readonly<Record<string, JsonSchema>>;

const record = (properties: Members, optional: readonly string[] = []): SchemaKeywords => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});

const allOptional = (properties: Members): JsonSchema => record(properties, Object.keys(properties));

/** One for every way in which a decoder has to differ. */
export const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  'plain members': record({ user: string, type: string, value: number, ts: integer, ok: boolean }),
  'optional members': allOptional({ user: string, value: number, ok: boolean, any: {} }),
  'nullable members': record({
    user: { type: ['string', 'null'] },
    value: { anyOf: [number, { type: 'null' }] },
    ok: { type: ['null', 'boolean'] },
    n: { type: ['integer', 'null'] },
  }),
  'nullable and optional members': allOptional({
    a: { type: ['string', 'null'] },
    b: { type: ['number', 'null'], minimum: 0 },
    c: string,
  }),
  defaults: allOptional({
    user: { ...string, default: 'nobody' },
    value: { ...number, default: 1.5 },
    ok: { ...boolean, default: true },
    list: { type: 'array', items: number, default: [1, 2] },
    odd: { ...number, default: 'not a number' },
    none: { type: ['number', 'null'], default: null },
    some: { type: ['number', 'null'], default: 7 },
  }),
  'bounded strings': record({
    type: { ...string, enum: ['click', 'view', 'é'] },
    kind: { const: 'a' },
    short: { ...string, maxLength: 3, examples: ['a', 'abc', '😀😀😀'] },
    long: { ...string, minLength: 2, examples: ['ab', '日本'] },
    id: { ...string, pattern: '^[a-z]\\d+$', examples: ['a1', 'u12345'] },
  }),
  'bounded numbers': record({
    int: { ...integer, minimum: -9007199254740991, maximum: 9007199254740991 },
    small: { ...number, exclusiveMinimum: 0, exclusiveMaximum: 1e9 },
    step: { ...number, multipleOf: 0.5 },
    one: { enum: [1, 2, 3.5] },
    nullable: { type: ['integer', 'null'], minimum: 5 },
  }),
  'nested members': record(
    {
      user: record({ id: string, tags: { type: 'array', items: string, maxItems: 2 } }, ['tags']),
      points: { type: 'array', items: record({ x: number, y: number }) },
      pair: { type: 'array', prefixItems: [string, number], minItems: 2 },
      free: { type: 'object' },
      last: string,
    },
    ['pair', 'points'],
  ),
  'members that are objects': record(
    {
      at: record({ lat: number, lon: number, place: record({ name: string, zip: string }, ['zip']) }, ['place']),
      maybe: { ...record({ a: { ...number, default: 1 }, b: string }, ['a', 'b']), type: ['object', 'null'] },
      none: record({}),
      deep: record({ a: record({ b: record({ c: record({ d: record({ e: number }) }) }) }) }),
      list: { ...record({ x: { type: 'array', items: number, default: [] } }, ['x']) },
      given: { ...record({ x: number }), default: { x: 1, y: 2 } },
      other: { anyOf: [record({ n: integer, s: { type: ['string', 'null'] } }, ['s']), { type: 'null' }] },
      n: number,
    },
    ['maybe', 'none', 'deep', 'list', 'given'],
  ),
  'unions of members': record({
    either: { anyOf: [string, number] },
    one: { oneOf: [record({ a: number }), record({ b: string })] },
    both: { allOf: [record({ a: number }), record({ b: string })] },
    mixed: { enum: ['a', 1, null, true, [1]] },
    not: { ...number, not: { const: 1 } },
  }),
  'odd names': record(
    {
      '': number,
      a: number,
      é: string,
      日本語: number,
      'quo"te': number,
      'a":1,"user': number,
      'line\nend': string,
      'back\\slash': number,
      toString: number,
      constructor: string,
      hasOwnProperty: { ...number, default: 1 },
      '1': number,
      '0': string,
      ['long'.repeat(20)]: number,
      '😀': number,
    },
    ['é', 'a', 'toString', '0', 'quo"te', 'line\nend', 'constructor'],
  ),
  'no members': { type: 'object', properties: {} },
  'any values': record({ a: {}, b: true, n: number }),
  'many members': record(
    Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`field${i}`, i % 3 === 0 ? string : number])),
  ),
  'very many members': record(
    Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`f${i}`, i % 3 === 0 ? string : number])),
  ),
  'members that are kept': { ...record({ a: number }), additionalProperties: string },
  'any object': { type: 'object' },
  'any value': {},
  numbers: number,
  lists: { type: 'array', items: { type: ['number', 'null'] } },
  'unions of records': { oneOf: [record({ k: { const: 'a' }, n: number }), record({ k: { const: 'b' }, s: string })] },
  trees: {
    type: 'object',
    properties: { v: number, next: { $ref: '#' }, all: { type: 'array', items: { $ref: '#/properties/v' } } },
    required: ['v'],
  },
};
