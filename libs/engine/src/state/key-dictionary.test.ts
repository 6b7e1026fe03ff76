import type { Key } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOfBytes, keySlot } from '../graph/key-slot.js';
import { KeyDictionary } from './key-dictionary.js';

const someKey: fc.Arbitrary<Key> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ maxLength: 300 }),
  fc.constantFrom('\u0000', '"', '\\', '\n\u2028', '\ud800', '\udc00x', '\u007f', 'null', 'true', '1'),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(0, -0, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER),
  fc.boolean(),
);
const utf8 = new TextEncoder();

describe('a dictionary of keys', () => {
  it('tells 5,000 keys of every kind apart and gives each back, through removals and reuse of ids', () => {
    const keys = fc.sample(someKey, { numRuns: 5_000, seed: 7 });
    const dictionary = new KeyDictionary();
    const model = new Map<string, number>();
    for (const [index, key] of keys.entries()) {
      const text = JSON.stringify(key);
      const id = dictionary.idOfKey(key);
      if (model.has(text)) expect(id).toBe(model.get(text));
      else expect([...model.values()].includes(id) && dictionary.text(id) !== text).toBe(false);
      model.set(text, id);
      expect(dictionary.key(id)).toEqual(JSON.parse(text));
      if (index % 3 !== 0) continue;
      const gone = JSON.stringify(keys[(index * 7) % (index + 1)]);
      const goneId = model.get(gone);
      if (goneId === undefined) continue;
      dictionary.remove(goneId);
      model.delete(gone);
      expect(dictionary.findKey(JSON.parse(gone) as Key)).toBe(-1);
    }
    expect(dictionary.size).toBe(model.size);
    expect(new Set(model.values()).size).toBe(model.size);
    for (const [text, id] of model) {
      const bytes = utf8.encode(text);
      expect(dictionary.find(bytes, 0, bytes.length, hashOfBytes(bytes, 0, bytes.length))).toBe(id);
      expect([dictionary.text(id), dictionary.slot(id)]).toEqual([text, keySlot(text)]);
      expect(dictionary.isHeld(id)).toBe(true);
    }
  });

  it('takes -0 for 0, as JSON does', () => {
    const dictionary = new KeyDictionary();
    expect(dictionary.idOfKey(-0)).toBe(dictionary.idOfKey(0));
    expect(Object.is(dictionary.key(dictionary.findKey(-0)), 0)).toBe(true);
  });

  it('keeps what was removed readable, and gives its id to no other key, until it is unpinned', () => {
    const dictionary = new KeyDictionary();
    const id = dictionary.idOfKey('a');
    dictionary.pin();
    dictionary.remove(id);
    for (let n = 0; n < 2_000; n += 1) dictionary.remove(dictionary.idOfKey(`k${n}`));
    expect([dictionary.text(id), dictionary.key(id), dictionary.isHeld(id)]).toEqual(['"a"', 'a', false]);
    expect(dictionary.findKey('a')).toBe(-1);
    dictionary.unpin();
    const reused = dictionary.idOfKey('b');
    expect(dictionary.idsUsed).toBe(2_001);
    expect(dictionary.key(reused)).toBe('b');
  });

  it('does not grow where as many keys go as come', () => {
    const dictionary = new KeyDictionary();
    for (let n = 0; n < 50_000; n += 1) {
      dictionary.idOfKey(n);
      if (n >= 100) dictionary.remove(dictionary.findKey(n - 100));
    }
    expect([dictionary.size, dictionary.capacity <= 256, dictionary.idsUsed <= 101]).toEqual([100, true, true]);
  });

  it('orders keys in a way that does not depend on their ids', () => {
    fc.assert(
      fc.property(fc.uniqueArray(someKey, { selector: (key) => JSON.stringify(key) }), fc.nat(), (keys, seed) => {
        const ordered = (list: readonly Key[]): readonly string[] => {
          const dictionary = new KeyDictionary();
          const ids = list.map((key) => dictionary.idOfKey(key));
          return ids.sort((a, b) => dictionary.compare(a, b)).map((id) => dictionary.text(id));
        };
        const turned =
          keys.length === 0 ? keys : [...keys.slice(seed % keys.length), ...keys.slice(0, seed % keys.length)];
        expect(ordered(turned)).toEqual(ordered(keys));
      }),
    );
  });
});
