import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findNotJson, keep, keptFromText, keptText, unkeep } from './kept-value.js';

describe('a kept value', () => {
  it('is the same after a checkpoint as before it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const kept = keep(value);
        expect(keptFromText(keptText(kept))).toEqual(kept);
        expect(JSON.stringify(unkeep(kept))).toBe(JSON.stringify(value));
      }),
    );
  });

  it('does not follow changes of the object that it was made from', () => {
    const state = { count: 1 };
    const kept = keep(state);
    state.count = 2;
    expect(unkeep(kept)).toEqual({ count: 1 });
  });

  it('is another copy each time', () => {
    const kept = keep({ count: 1 });
    (unkeep(kept) as { count: number }).count = 2;
    expect(unkeep(kept)).toEqual({ count: 1 });
  });

  it('has no negative zero, because JSON has none', () => {
    expect(Object.is(unkeep(keep(-0)), 0)).toBe(true);
  });
});

describe('the check for plain JSON', () => {
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
  ])('finds %s', (_name, value, path, found) => {
    expect(findNotJson(value)).toEqual({ path, found });
  });

  it('finds a cycle', () => {
    expect(findNotJson(cycle)?.found).toBe('more than 200 levels (or a cycle)');
  });

  it('passes every value that JSON can hold', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => findNotJson(JSON.parse(JSON.stringify(value))) === undefined));
  });
});
