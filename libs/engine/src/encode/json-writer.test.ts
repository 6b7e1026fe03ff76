import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { JsonWriter } from './json-writer.js';

const { env } = import.meta as unknown as { readonly env: Readonly<Record<string, string | undefined>> };
const RUNS = env['TIDEMARK_NIGHTLY'] === undefined ? 3_000 : 200_000;

/** Kept over all runs, as a sink keeps it: guesses of earlier rows must not show in later ones. */
const writer = new JsonWriter(1);

function written(value: unknown, by = writer): string | undefined {
  by.reset();
  by.ascii('before');
  const hasText = by.value(value);
  const text = Buffer.from(by.take()).toString('utf8');
  expect(text.startsWith('before')).toBe(true);
  expect(hasText).toBe(text !== 'before');
  return hasText ? text.slice('before'.length) : undefined;
}

/** Text, undefined, or that it throws. */
function outcome(write: () => string | undefined): string | undefined {
  try {
    return write();
  } catch (error) {
    return `throws ${(error as Error).name}`;
  }
}

function expectSame(value: unknown): void {
  expect(outcome(() => written(value))).toBe(outcome(() => JSON.stringify(value)));
}

const cycle: { self?: unknown; list?: unknown[] } = {};
cycle.self = { of: cycle };
const list: unknown[] = [];
list.push([list]);

class Account {
  balance = 1;
  #secret = 2;
  get twice(): number {
    return this.#secret * 2;
  }
}

describe('a JSON writer', () => {
  it('writes any value as JSON.stringify does', () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      stringUnit: 'binary',
    });
    fc.assert(fc.property(anything, expectSame), { numRuns: RUNS });
  });

  it('writes JSON as JSON.stringify does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (json) => expectSame(JSON.parse(json))),
      { numRuns: RUNS },
    );
  });

  it('writes rows of a few shapes, one after the other, as JSON.stringify does', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '"', '\\', '\n', '\u007f', 'é', '日', '😀', '\ud800', '\udc00'),
    });
    const inner = fc.record({ start: fc.integer(), text }, { requiredKeys: [] });
    const row = fc.record(
      { user: text, n: fc.double(), of: inner, more: fc.array(inner), 1: text },
      { requiredKeys: [] },
    );
    fc.assert(fc.property(row, expectSame), { numRuns: RUNS });
  });

  it.each([
    0,
    -0,
    1,
    -1,
    9,
    10,
    99,
    100,
    999_999_999,
    1_000_000_000,
    -1_000_000_000,
    2_147_483_647,
    -2_147_483_648,
    2_147_483_648,
    1_700_000_000_000,
    999_999_999_999_999,
    2 ** 53 - 1,
    -(2 ** 53 - 1),
    2 ** 53,
    1e21,
    1e-6,
    1e-7,
    0.1,
    0.5,
    -0.25,
    0.125,
    0.1 + 0.2,
    85.5,
    19.99,
    1.005,
    4.35,
    -999_999_999.999,
    1_000_000_000.5,
    0.001,
    0.0001,
    5e-324,
    1.7976931348623157e308,
    NaN,
    Infinity,
    -Infinity,
  ])('writes the number %d as JSON.stringify does', expectSame);

  it('writes any number as JSON.stringify does', () => {
    const cents = fc.integer({ min: -1e9, max: 1e9 }).map((n) => n / 100);
    const thousandths = fc.maxSafeInteger().map((n) => n / 1000);
    fc.assert(fc.property(fc.oneof(cents, thousandths, fc.double(), fc.maxSafeInteger()), expectSame), {
      numRuns: RUNS,
    });
  });

  it.each([
    ['a toJSON that is told its name', { at: { toJSON: (name: string) => `called for ${name}` } }],
    ['a toJSON of an item', [0, { toJSON: (name: unknown) => [typeof name, name] }]],
    ['a toJSON that gives nothing', { a: { toJSON: () => undefined }, b: 1 }],
    ['a toJSON of a function', { f: Object.assign(() => 1, { toJSON: () => 'f' }) }],
    ['a toJSON of an array', Object.assign([1], { toJSON: () => 'array' })],
    ['a date', { at: new Date(0), never: new Date(Number.NaN) }],
    ['a class', { account: new Account() }],
    ['boxed primitives', [new Number(1), new String('a'), new Boolean(false), { n: new Number(-0) }]],
    ['members without a value', { a: undefined, b: () => 1, c: Symbol.iterator, d: 1 }],
    ['only members without a value', { a: undefined, b: () => 1 }],
    ['items without a value', [undefined, () => 1, Symbol.iterator]],
    ['a member with a symbol as name', { [Symbol.iterator]: 1, a: 2 }],
    ['names that are whole numbers', { b: 1, 10: 2, 9: 3, a: 4, '-1': 5 }],
    ['a member called __proto__', JSON.parse('{"__proto__":{"a":1},"b":[{"__proto__":2}]}')],
    ['a member that cannot be seen', Object.defineProperty({ a: 1 }, 'b', { value: 2, enumerable: false })],
    [
      'a getter',
      {
        get a() {
          return [1];
        },
      },
    ],
    ['members of a prototype', Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } })],
    ['no prototype', Object.assign(Object.create(null), { a: 1 })],
    ['raw JSON', { n: (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON('1.000') }],
    ['many levels', JSON.parse(`${'{"a":['.repeat(300)}${']}'.repeat(300)}`)],
    ['a long name', { [`é${'n'.repeat(1000)}`]: 1, b: 2 }],
    ['a long text', { text: 'long "text" '.repeat(1000), more: '日本'.repeat(1000) }],
    ['a map and a set', [new Map([[1, 2]]), new Set([1]), new Uint8Array(2)]],
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol.iterator],
    ['a bigint', 1n],
    ['a bigint within', { a: [1n] }],
    ['a cycle of objects', cycle],
    ['a cycle of arrays', list],
    [
      'a getter that throws',
      {
        a: 1,
        get b(): number {
          throw new RangeError('no');
        },
      },
    ],
  ])('writes %s as JSON.stringify does', (_name, value) => {
    expectSame(value);
  });

  it('has written nothing of a value that cannot be written', () => {
    const fresh = new JsonWriter();
    fresh.value({ a: 1 });
    expect(() => fresh.value({ b: [1, 2n] })).toThrow(TypeError);
    fresh.byte(10);
    expect(Buffer.from(fresh.take()).toString()).toBe('{"a":1}\n');
  });

  it('writes rows with any number of different names', () => {
    const fresh = new JsonWriter();
    for (let i = 0; i < 10_000; i += 1)
      expect(written({ [`name${i}`]: i, same: 1 }, fresh)).toBe(`{"name${i}":${i},"same":1}`);
  });

  it('puts pieces beside each other', () => {
    const fresh = new JsonWriter(4);
    const source = Buffer.from(`--${'x'.repeat(100)}--`);
    fresh.raw(source, 2, 102);
    fresh.raw(source, 1, 3);
    fresh.number(1.5);
    fresh.string('a"b');
    expect(Buffer.from(fresh.take()).toString()).toBe(`${'x'.repeat(100)}-x1.5"a\\"b"`);
  });
});

describe('a JSON writer, where a job has changed the built-in prototypes,', () => {
  const prototype = Object.prototype as { extra?: unknown; toJSON?: unknown };
  afterEach(() => {
    delete prototype.extra;
    delete prototype.toJSON;
  });

  it('does not take what all objects have for members', () => {
    prototype.extra = 1;
    const [text, reference] = [written({ a: [{ b: 1 }] }), JSON.stringify({ a: [{ b: 1 }] })];
    delete prototype.extra;
    expect(text).toBe(reference);
  });

  it('calls the toJSON that all objects have', () => {
    const toJSON = (name: string) => `all: ${name}`;
    Object.defineProperty(prototype, 'toJSON', { value: toJSON, configurable: true, enumerable: false });
    const [text, reference] = [written({ a: 1 }), JSON.stringify({ a: 1 })];
    delete prototype.toJSON;
    expect(text).toBe(reference);
  });
});
