import { compareSchemas } from '@tidemark/domain';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkValue } from './check-value.js';
import { parseSchema, type ParsedSchema } from './parse-schema.js';

type Json = { readonly [name: string]: unknown };

const someNames = fc.subarray(['a', 'b', 'c']);
const someBound = fc.option(fc.integer({ min: -2, max: 2 }), { nil: undefined });
const defined = (json: Json): Json =>
  Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined));

const { schema: someSchema } = fc.letrec<{ schema: Json }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: 'medium' },
    fc.record({ type: fc.constantFrom('number', 'integer'), minimum: someBound, maximum: someBound }).map(defined),
    fc.constantFrom<Json>({ type: 'string' }, { type: 'boolean' }, { type: 'null' }, {}),
    fc.subarray(['x', 'y', 1, null], { minLength: 1 }).map((values) => ({ enum: values })),
    fc
      .record({ type: fc.constant('array'), items: tie('schema'), maxItems: someBound })
      .map(({ maxItems, ...rest }) =>
        defined({ ...rest, maxItems: maxItems === undefined ? undefined : Math.abs(maxItems) }),
      ),
    fc
      .record({
        names: someNames,
        schemas: fc.array(tie('schema'), { minLength: 3, maxLength: 3 }),
        required: someNames,
        begin: someNames,
      })
      .map(({ names, schemas, required, begin }) => ({
        type: 'object',
        properties: Object.fromEntries(
          names.map((name, index) => [name, begin.includes(name) ? { enum: [0], default: 0 } : schemas[index]]),
        ),
        required: required.filter((name) => names.includes(name)),
      })),
    tie('schema').map((additionalProperties) => ({ type: 'object', additionalProperties })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
  ),
}));

const someValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'medium' },
    fc.constantFrom<unknown>('x', 'y', 'z', 0, 1, -2, 1.5, true, null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value')),
  ),
})).value;

const valid = (schema: Json): Extract<ParsedSchema, { outcome: 'valid' }> | undefined => {
  const parsed = parseSchema(schema);
  return parsed.outcome === 'valid' ? parsed : undefined;
};

it('what a schema evolves to takes every value that the one before took', () => {
  let compared = 0;
  fc.assert(
    fc.property(
      someSchema,
      someSchema,
      fc.array(someValue, { minLength: 30, maxLength: 30 }),
      (before, after, values) => {
        const [old, now] = [valid(before), valid(after)];
        if (old === undefined || now === undefined || compareSchemas(before, after).outcome === 'differs') return;
        for (const value of values) {
          const kept = checkValue(old.schema, value);
          if (!('value' in kept)) continue;
          compared += 1;
          expect(checkValue(now.schema, kept.value)).toHaveProperty('value');
        }
      },
    ),
    { numRuns: 5_000 },
  );
  expect(compared).toBeGreaterThan(1_000);
});

it('every schema is the same as itself', () => {
  fc.assert(
    fc.property(someSchema, (schema) => {
      expect(compareSchemas(schema, structuredClone(schema))).toEqual({ outcome: 'same' });
    }),
  );
});
