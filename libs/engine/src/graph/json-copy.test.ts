import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cloneJson, copyJson, NotJsonError } from './json-copy.js';

function problemOf(value: unknown): unknown {
  try {
    return copyJson(value);
  } catch (error) {
    if (error instanceof NotJsonError) return error.at;
    throw error;
  }
}

describe('a copy of a value that is kept', () => {
  it('is what JSON makes of the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const copy = copyJson(value);
        expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
        expect(copy).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('does not follow changes of what it was made from, at any depth', () => {
    const state = { deep: [{ count: 1 }] };
    const copy = copyJson(state);
    (state.deep[0] as { count: number }).count = 2;
    expect(copy).toEqual({ deep: [{ count: 1 }] });
  });

  it('has no negative zero, because JSON has none', () => {
    expect(Object.is((copyJson({ a: [-0] }) as { a: number[] }).a[0], 0)).toBe(true);
  });

  it('keeps a member called __proto__ as a member', () => {
    const value = JSON.parse('{"__proto__":{"a":1}}') as object;
    expect(JSON.stringify(copyJson(value))).toBe('{"__proto__":{"a":1}}');
  });

  class Account {
    balance = 1;
  }
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;

  it.each([
    ['NaN', { mean: Number.NaN }, '$.mean', 'NaN'],
    ['an infinite number', [1, [Infinity]], '$[1][0]', 'Infinity'],
    ['an undefined member', { a: { b: undefined } }, '$.a.b', 'undefined'],
    ['a hole in an array', Object.assign(new Array<number>(2), { 0: 1 }), '$[1]', 'undefined'],
    ['a date', { at: new Date(0) }, '$.at', 'a Date'],
    ['a map', new Map(), '$', 'a Map'],
    ['a class instance', { of: [new Account()] }, '$.of[0]', 'a Account'],
    ['a function', { f: () => 1 }, '$.f', 'a function'],
    ['a bigint', { n: 1n }, '$.n', 'a bigint'],
    ['a symbol', Symbol.iterator, '$', 'a symbol'],
  ])('refuses %s', (_name, value, path, found) => {
    expect(problemOf(value)).toEqual({ path, found });
  });

  it('refuses a cycle', () => {
    expect(problemOf(cycle)).toMatchObject({ found: 'more than 200 levels (or a cycle)' });
  });
});

it('clones what it has copied: the same, and nothing of it shared', () => {
  const value = { a: [1, { b: 'x' }, null], c: { d: true }, ['__proto__']: 1, e: 'y' };
  const kept = copyJson(value);
  const clone = cloneJson(kept) as typeof value;
  expect(clone).toEqual(kept);
  expect(JSON.stringify(clone)).toBe(JSON.stringify(kept));
  clone.a.push(2);
  clone.c.d = false;
  expect(kept).toEqual(copyJson(value));
});
