import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { typeOfField } from './field-type.js';
import { parseSchema } from './parse-schema.js';

const inputOf = (schema: z.ZodType) => schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });

const kindsOf = (json: unknown): Readonly<Record<string, string>> => {
  const parsed = parseSchema(json);
  if (parsed.outcome === 'invalid') throw new Error(parsed.reason);
  if (parsed.schema.kind === 'value') throw new Error('not a record');
  return Object.fromEntries(parsed.schema.members.map((member) => [member.name, typeOfField(member).kind]));
};

describe('a schema', () => {
  it('says which members a decoder can hold without an object', () => {
    const event = z.object({
      user: z.string(),
      email: z.email(),
      type: z.enum(['click', 'view']),
      version: z.literal(1),
      value: z.number(),
      count: z.int().min(0),
      ok: z.boolean(),
      tags: z.array(z.string()),
      at: z.object({ lat: z.number() }),
      note: z.string().optional(),
      parent: z.string().nullable(),
      limit: z.number().default(10),
      either: z.union([z.string(), z.number()]),
      any: z.any(),
    });
    expect(kindsOf(inputOf(event))).toEqual({
      user: 'string',
      email: 'string',
      type: 'string',
      version: 'number',
      value: 'number',
      count: 'number',
      ok: 'boolean',
      tags: 'json',
      at: 'json',
      note: 'json',
      parent: 'json',
      limit: 'number',
      either: 'json',
      any: 'json',
    });
  });

  it('takes a reference for what it refers to', () => {
    const schema = {
      type: 'object',
      properties: { id: { $ref: '#/$defs/a~1b' }, n: { $ref: '#/properties/m' }, m: { type: 'number' } },
      required: ['id', 'n', 'm'],
      $defs: { 'a/b': { type: 'string' } },
    };
    expect(kindsOf(schema)).toEqual({ id: 'string', n: 'number', m: 'number' });
  });

  it('may be of other values than records', () => {
    for (const json of [true, {}, { type: 'number' }, { type: ['object', 'null'], properties: {} }, inputOf(z.any())]) {
      expect(parseSchema(json)).toMatchObject({ outcome: 'valid', schema: { kind: 'value' } });
    }
  });

  it.each([
    [{ type: 'object', properties: { a: { dependentRequired: {} } } }, '$.properties.a', '"dependentRequired"'],
    [{ type: 'array', items: { contains: {} } }, '$.items', '"contains"'],
    [{ anyOf: [{}, { patternProperties: {} }] }, '$.anyOf[1]', '"patternProperties"'],
    [{ type: 'text' }, '$', '"type"'],
    [{ type: [] }, '$', '"type"'],
    [{ minimum: '1' }, '$', '"minimum"'],
    [{ maxLength: -1 }, '$', '"maxLength"'],
    [{ multipleOf: 0 }, '$', '"multipleOf"'],
    [{ pattern: '(' }, '$', '"pattern"'],
    [{ required: [1] }, '$', '"required"'],
    [{ properties: [] }, '$', '"properties"'],
    [{ properties: JSON.parse('{"__proto__":{}}') as unknown }, '$', '"__proto__"'],
    [{ anyOf: [] }, '$', '"anyOf"'],
    [{ $ref: 'https://example.com/schema' }, '$', '"$ref"'],
    [{ $ref: '#/$defs/none' }, '$', '"$ref"'],
    [{ $ref: '#/%' }, '$', '"$ref"'],
    [{ $ref: '#' }, '$', '"$ref"'],
    [{ properties: { a: { allOf: [{ $ref: '#/properties/a' }] } } }, '$.properties.a', '"$ref"'],
    [{ enum: [1], const: 1 }, '$', '"const"'],
    [{ items: 1 }, '$.items', 'a schema must be'],
    ['string', '$', 'a schema must be'],
  ])('%j is refused with a sentence that says where and why', (json, path, what) => {
    const parsed = parseSchema(json);
    expect(parsed.outcome).toBe('invalid');
    const { reason } = parsed as { reason: string };
    expect(reason.startsWith(`${path}: `)).toBe(true);
    expect(reason).toContain(what);
  });

  it('is refused if it is nested without an end in sight', () => {
    const deep = JSON.parse(`${'{"items":'.repeat(5000)}{}${'}'.repeat(5000)}`) as unknown;
    expect(parseSchema(deep)).toMatchObject({ outcome: 'invalid', reason: expect.stringContaining('nested') });
  });
});
