import { describe, expect, it } from 'vitest';
import { compareSchemas } from './schema-change.js';

const anObject = (properties: object, required = Object.keys(properties)): object => ({
  type: 'object',
  properties,
  required,
});
const number = { type: 'number' };
const text = { type: 'string' };

const same = (before: unknown, after: unknown) => {
  expect(compareSchemas(before, after)).toEqual({ outcome: 'same' });
};
const evolves = (before: unknown, after: unknown, ...changes: readonly string[]) => {
  expect(compareSchemas(before, after)).toEqual({ outcome: 'evolves', changes });
};
const differs = (before: unknown, after: unknown, reason: string) => {
  expect(compareSchemas(before, after)).toEqual({ outcome: 'differs', reason });
};

describe('a schema is the same', () => {
  it('whatever the order of its members, and whatever it says to people', () => {
    same(anObject({ a: number, b: text }), { ...anObject({ b: { ...text, title: 'B' }, a: number }), $id: 'x' });
  });

  it('whether a library tells the bounds of an integer or not', () => {
    same({ type: 'integer' }, { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });
  });

  it('with parts that refer to themselves', () => {
    const list = (at: string) => ({
      $ref: `#/$defs/${at}`,
      $defs: { [at]: anObject({ value: number, next: { anyOf: [{ $ref: `#/$defs/${at}` }, { type: 'null' }] } }) },
    });
    same(list('a'), list('b'));
  });
});

describe('a schema evolves', () => {
  it('with a member that is new and optional, or has a default', () => {
    evolves(anObject({ a: number }), anObject({ a: number, b: text }, ['a']), 'value.b is new and optional');
    evolves(anObject({ a: number }), anObject({ a: number, b: { ...text, default: '' } }), 'value.b is new');
  });

  it('without a member, also further in', () => {
    evolves(anObject({ a: number, b: text }), anObject({ a: number }), 'value.b is gone');
    const list = (item: object) => anObject({ list: { type: 'array', items: item } });
    evolves(list(anObject({ a: number, b: text })), list(anObject({ a: number })), 'value.list[].b is gone');
  });

  it('with wider types, values, bounds and members', () => {
    evolves(anObject({ a: { type: 'integer' } }), anObject({ a: number }), 'value.a was integer and is now number');
    evolves({ enum: ['a', 'b'] }, { enum: ['c', 'b', 'a'] }, 'value may be one of ["c","b","a"] now');
    evolves({ type: 'string', enum: ['a'] }, text, 'value is no longer one of ["a"]');
    evolves({ ...number, minimum: 0 }, { ...number, minimum: -1 }, 'value: minimum was 0 and is now -1');
    evolves({ ...text, pattern: '^a' }, text, 'value: pattern was "^a" and is now absent');
    evolves(anObject({ a: number }), anObject({ a: number }, []), 'value.a is optional now');
    evolves(number, { anyOf: [number, { type: 'null' }] }, 'value may be more than it was');
    evolves(number, {}, 'value may be anything now');
    evolves(number, undefined, 'the schema is gone: every value is allowed');
  });
});

describe('a schema differs, with the place, the old and the new,', () => {
  it('with a member of another name', () => {
    differs(anObject({ a: number }), anObject({ b: number }), 'value.b is new and required, and has no default');
  });

  it('with a narrower type, value, bound or member', () => {
    differs(anObject({ a: number }), anObject({ a: text }), 'value.a was number and is now string');
    differs(anObject({ a: number }), anObject({ a: { type: 'integer' } }), 'value.a was number and is now integer');
    differs({ enum: ['a', 'b'] }, { enum: ['a'] }, 'value was "b", which is not one of ["a"]');
    differs(text, { type: 'string', enum: ['a'] }, 'value was any string and is now one of ["a"]');
    differs(number, { ...number, minimum: 1 }, 'value: minimum was absent and is now 1');
    differs(text, { ...text, pattern: '^a' }, 'value: pattern was absent and is now "^a"');
    differs(anObject({ a: number }, []), anObject({ a: number }), 'value.a was optional and is now required');
    differs(
      { anyOf: [number, { type: 'null' }] },
      number,
      'value was {"type":"null"}, which {"type":"number"} does not allow',
    );
    differs({}, number, 'value was anything and is now number');
    differs(undefined, number, 'had no schema and now has one');
  });

  it('where a dictionary becomes declared members', () => {
    differs(
      { type: 'object', additionalProperties: number },
      anObject({ a: number }, []),
      'value was a dictionary of {"type":"number"} and is now one of declared members',
    );
  });

  it('where it cannot be followed', () => {
    differs({ $ref: 'https://example.com/x' }, number, 'refers to "https://example.com/x", which cannot be followed');
    differs({ $ref: '#/$defs/x' }, number, 'refers to #/$defs/x, which is not there');
    const endless = { $ref: '#/$defs/x', $defs: { x: { $ref: '#/$defs/x' } } };
    expect(compareSchemas(endless, number)).toMatchObject({ outcome: 'differs' });
  });
});
