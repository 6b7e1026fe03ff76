import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkValue } from './check-value.js';
import { parseSchema } from './parse-schema.js';

function check(json: unknown, value: unknown): ReturnType<typeof checkValue> {
  const parsed = parseSchema(json);
  if (parsed.outcome === 'invalid') throw new Error(parsed.reason);
  return checkValue(parsed.schema, value);
}

const record = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });

describe('a checked value', () => {
  it.each([
    ['declared members in the order of the schema', record({ b: {}, a: {} }), { a: 1, x: 2, b: 3 }, { b: 3, a: 1 }],
    ['members of members', record({ a: record({ b: {} }) }), { a: { b: 1, c: 2 } }, { a: { b: 1 } }],
    ['members of items', { items: record({ a: {} }) }, [{ a: 1, b: 2 }, { b: 3 }], [{ a: 1 }, {}]],
    ['everything of what declares nothing', record({ a: { type: 'object' } }), { a: { b: 1 } }, { a: { b: 1 } }],
    [
      'all members, if a schema says what others are',
      record({ b: {} }, { additionalProperties: {} }),
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [
      'declared members, if others are only allowed',
      record({ b: {} }, { additionalProperties: true }),
      { a: 1, b: 2 },
      { b: 2 },
    ],
    ['a default for a missing member', record({ a: { default: [1] } }), {}, { a: [1] }],
    ['null, where a default is not for null', record({ a: { default: 1 } }), { a: null }, { a: null }],
    [
      'members of all parts',
      { allOf: [record({ a: {} }), record({ b: {} }), { minProperties: 1 }] },
      { c: 1, b: 2, a: 3 },
      { a: 3, b: 2 },
    ],
    [
      'members of parts of members',
      { allOf: [record({ m: record({ a: {} }) }), record({ m: record({ b: {} }) })] },
      { m: { a: 1, b: 2, c: 3 } },
      { m: { a: 1, b: 2 } },
    ],
    [
      'members of the first alternative that fits',
      { anyOf: [record({ a: { type: 'string' } }), record({ b: {} })] },
      { a: 1, b: 2 },
      { b: 2 },
    ],
    [
      'members of a schema beside its alternatives',
      record({ k: {} }, { oneOf: [record({ a: {} }, { required: ['a'] }), { required: ['b'] }] }),
      { k: 1, a: 2, c: 3 },
      { k: 1, a: 2 },
    ],
  ])('has %s', (_name, json, value, expected) => {
    expect(JSON.stringify(check(json, value))).toBe(JSON.stringify({ value: expected }));
  });

  it('has no member that it only inherits', () => {
    expect(check(record({ toString: {}, constructor: {} }), {})).toEqual({ value: {} });
    expect(check(record({ toString: {} }, { required: ['toString'] }), {})).toMatchObject({ path: '$.toString' });
  });

  it('keeps a member called __proto__ as a member', () => {
    const checked = check({ additionalProperties: { type: 'number' } }, JSON.parse('{"__proto__":1}'));
    expect(JSON.stringify(checked)).toBe('{"value":{"__proto__":1}}');
  });

  it.each([
    [
      record({ a: record({ b: { items: { type: 'number' } } }) }),
      { a: { b: [0, 1, 2, 'x'] } },
      '$.a.b[3]',
      'expected number, found string',
    ],
    [
      record({ 'first name': { type: 'string' } }),
      { 'first name': null },
      '$["first name"]',
      'expected string, found null',
    ],
    [record({ a: {} }, { required: ['a'] }), {}, '$.a', 'is missing'],
    [{ required: ['a'] }, {}, '$', 'the member "a" is missing'],
    [{ type: 'integer' }, 1.5, '$', 'expected integer, found number'],
    [{ type: ['string', 'null'] }, [], '$', 'expected string or null, found array'],
    [{ type: 'number' }, Infinity, '$', 'expected a number that fits a double, found a larger one'],
    [{ minimum: 1 }, 0, '$', 'expected at least 1, found 0'],
    [{ maximum: 1 }, 2, '$', 'expected at most 1, found 2'],
    [{ exclusiveMinimum: 1 }, 1, '$', 'expected more than 1, found 1'],
    [{ exclusiveMaximum: 1 }, 1, '$', 'expected less than 1, found 1'],
    [{ multipleOf: 0.1 }, 0.25, '$', 'expected a multiple of 0.1, found 0.25'],
    [{ minLength: 2 }, '😀', '$', 'expected at least 2 characters, found 1'],
    [{ maxLength: 1 }, 'ab', '$', 'expected at most 1 characters'],
    [{ pattern: '^a$' }, 'b', '$', 'expected to match ^a$'],
    [{ enum: ['a', 1] }, 'b', '$', 'expected one of "a", 1'],
    [{ const: { a: [1] } }, { a: [2] }, '$', 'expected {"a":[1]}'],
    [{ minItems: 1 }, [], '$', 'expected at least 1 items'],
    [{ maxItems: 1 }, [1, 2], '$', 'expected at most 1 items'],
    [{ prefixItems: [{ type: 'string' }] }, [1], '$[0]', 'expected string, found number'],
    [{ minProperties: 1 }, {}, '$', 'expected at least 1 members, found 0'],
    [{ maxProperties: 0 }, { a: 1 }, '$', 'expected at most 0 members, found 1'],
    [{ propertyNames: { maxLength: 1 } }, { ab: 1 }, '$', 'the name "ab": expected at most 1 characters'],
    [{ additionalProperties: { type: 'string' } }, { a: 1 }, '$.a', 'expected string, found number'],
    [{ anyOf: [{ type: 'string' }, { minimum: 5, type: 'number' }] }, 1, '$', 'fits none of the 2 alternatives'],
    [{ oneOf: [{ type: 'number' }, { minimum: 5 }] }, 7, '$', 'fits more than one of the alternatives'],
    [{ allOf: [record({ a: { type: 'number' } })] }, { a: '' }, '$.a', 'expected number, found string'],
    [{ not: { type: 'null' } }, null, '$', 'is what "not" excludes'],
    [false, 1, '$', 'is what "not" excludes'],
  ])('%j refuses %j', (json, value, path, reason) => {
    expect(check(json, value)).toEqual({ path, reason });
  });

  it.each([
    [{ multipleOf: 0.1 }, 0.3],
    [{ multipleOf: 0.01 }, 19.99],
    [{ type: 'integer' }, 3.0],
    [{ maxLength: 1 }, '😀'],
    [{ enum: [{ a: 1, b: 2 }] }, { b: 2, a: 1 }],
    [{ oneOf: [{ type: 'string' }, { type: 'null' }] }, null],
    [{ minimum: 5 }, 'not a number'],
    [{ $ref: '#/$defs/a', $defs: { a: { type: 'string' } } }, 'a'],
  ])('%j takes %j', (json, value) => {
    expect(check(json, value)).toEqual({ value });
  });

  it('ends with values that are nested more deeply than anybody means', () => {
    const tree = record({ of: { $ref: '#' } });
    const deep = JSON.parse(`${'{"of":'.repeat(100_000)}{}${'}'.repeat(100_000)}`) as unknown;
    expect(check(tree, deep)).toMatchObject({ reason: 'has more than 500 levels' });
  });

  it('is what zod makes of it', () => {
    const schema = z.object({
      id: z.string().min(1),
      n: z.number().int().optional(),
      of: z.object({ kind: z.enum(['a', 'b']), list: z.array(z.number().nullable()) }),
      either: z.union([z.object({ x: z.number() }), z.string()]).default('none'),
    });
    const json = schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
    const value = fc.record(
      {
        id: fc.oneof(fc.string(), fc.integer()),
        n: fc.oneof(fc.integer(), fc.double(), fc.constant(null)),
        of: fc.record({
          kind: fc.constantFrom('a', 'b', 'c'),
          list: fc.array(fc.constantFrom(1, null, 'a')),
          more: fc.nat(),
        }),
        either: fc.oneof(fc.string(), fc.record({ x: fc.integer(), y: fc.integer() }), fc.nat()),
        more: fc.anything(),
      },
      { requiredKeys: ['of'] },
    );
    fc.assert(
      fc.property(value, (one) => {
        const [checked, reference] = [check(json, one), schema.safeParse(one)];
        expect('value' in checked).toBe(reference.success);
        if ('value' in checked) expect(checked.value).toEqual(reference.data);
      }),
      { numRuns: 2000 },
    );
  });
});
