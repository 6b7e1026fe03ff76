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

describe('a choice', () => {
  it('fits where one alternative does, whatever the others are', () => {
    const before = anObject({ a: number });
    const choice = {
      anyOf: [{ $ref: 'https://example.com/x' }, { $ref: '#/$defs/gone' }, anObject({ a: number, b: text }, ['a'])],
    };
    expect(compareSchemas(before, choice)).toMatchObject({ outcome: 'evolves' });
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

describe('what is no schema', () => {
  const noText = { toString: 1, valueOf: 1 };
  const chain = Array.from({ length: 5_000 }, (_, index) => [
    `d${index}`,
    { type: 'array', items: { $ref: `#/$defs/d${index + 1}` } },
  ]);
  it.each([
    ['a reference that is none', { $ref: '#/%' }],
    ['a reference to what every object has', { $ref: '#/constructor' }],
    ['a type that is no text', { type: [noText] }],
    ['a bound that is no number', { type: 'number', minimum: noText }],
    ['a name that is no text', { type: 'object', properties: {}, required: [noText] }],
    ['levels without end', { $ref: '#/$defs/d0', $defs: Object.fromEntries([...chain, ['d5000', text]]) as object }],
  ])('differs: %s', (_, odd) => {
    expect(compareSchemas(odd, { ...odd, title: 'the same' }).outcome).toMatch(/same|differs/);
    expect(compareSchemas(number, odd)).toMatchObject({ outcome: 'differs' });
    expect(compareSchemas(odd, number)).toMatchObject({ outcome: 'differs' });
  });
});

describe('schemas that are made to be compared for long', () => {
  const at = (name: string) => ({ $ref: `#/$defs/${name}` });
  /** A choice of two in which each level refers twice to the one below: 2 ** depth ways lead to the bottom. */
  const ladder = (name: string, bottom: object, depth: number) =>
    Object.fromEntries([
      [`${name}0`, bottom],
      ...Array.from({ length: depth }, (_, level) => [
        `${name}${level + 1}`,
        { anyOf: [at(`${name}${level}`), at(`${name}${level}`)] },
      ]),
    ]) as object;

  it('are compared all the same, where alternatives lead the same way again and again', () => {
    const depth = 200;
    const $defs = { ...ladder('texts', text, depth), ...ladder('numbers', number, depth) };
    const choice = { anyOf: [at(`texts${depth}`), at(`numbers${depth}`)], $defs };
    same(choice, { ...choice, title: 'the same' });
    expect(compareSchemas(choice, { ...at(`texts${depth}`), $defs })).toMatchObject({ outcome: 'differs' });
  });

  it('are different once more has been read than there is time for', () => {
    const values = Array.from({ length: 1_500 }, (_, index) => index);
    const choices = values.map((index) => ({ enum: [index] }));
    const wider = values.map((index) => ({ enum: [index, `${index}`] })).toReversed();
    differs({ anyOf: choices }, { anyOf: wider }, 'is too large to be compared');
  });

  it('are the same where nothing was changed, however large they are', () => {
    const large = { items: { $ref: '#' }, description: 'x'.repeat(10_000_000) };
    same(large, { ...large });
    differs(large, { ...large, title: 'x' }, 'is too large to be compared');
  });

  it('are different where more has changed than anybody would read', () => {
    const name = 'x'.repeat(30);
    const members = Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`${name}${index}`, text]));
    differs(anObject({}), anObject(members, []), 'is too large to be compared');
  });

  it('evolve where a choice of many has changed a little', () => {
    const kinds = Array.from({ length: 150 }, (_, kind) => anObject({ kind: { const: kind }, a: number, b: text }));
    const more = kinds.map((kind, index) => (index === 70 ? { ...kind, required: ['kind', 'a'] } : kind));
    const $defs = { unused: at('unused') };
    evolves({ anyOf: kinds, $defs }, { anyOf: more, $defs }, 'value.b is optional now');
  });
});
