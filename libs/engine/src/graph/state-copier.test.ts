import fc from 'fast-check';
import { expect, it } from 'vitest';
import { copyJson, NotJsonError } from './json-copy.js';
import { StateCopier } from './state-copier.js';

const outcomeOf = (copy: () => unknown): unknown => {
  try {
    return { text: JSON.stringify(copy()) };
  } catch (error) {
    if (error instanceof NotJsonError) return error.at;
    throw error;
  }
};

const someMember = fc.oneof(
  fc.constantFrom<unknown>(0, -0, 1, 'a', true, null, undefined, Number.NaN, Infinity, new Date(0), [1], { a: 1 }),
  fc.double(),
);
const someObject = fc.oneof(
  fc.dictionary(fc.constantFrom('a', 'b', '__proto__', '1', 'constructor', 'x y'), someMember, {
    noNullPrototype: false,
  }),
  fc.jsonValue({ maxDepth: 1 }),
);

it('copies and refuses what copyJson copies and refuses, whatever it saw before', () => {
  fc.assert(
    fc.property(fc.array(someObject, { maxLength: 8 }), (values) => {
      const copier = new StateCopier();
      for (const value of [...values, ...values]) {
        expect(outcomeOf(() => copier.copy(value))).toEqual(outcomeOf(() => copyJson(value)));
      }
    }),
    { numRuns: 500 },
  );
});

it('shares nothing with what it copied, and has no negative zero', () => {
  const copier = new StateCopier();
  const state = { n: -0, of: 'a' };
  copier.copy(state);
  const copy = copier.copy(state) as { n: number };
  state.n = 7;
  expect(Object.is(copy.n, 0)).toBe(true);
});

it('leaves out what an ordinary prototype was given, as JSON does', () => {
  class Account {
    balance = 1;
  }
  const copier = new StateCopier();
  copier.copy({ balance: 1 });
  expect(() => copier.copy(new Account())).toThrow(NotJsonError);
  expect(() => copier.copy(Object.create({ balance: 1 }) as object)).toThrow(NotJsonError);
});
