import type { Key } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOfBytes, keySlot } from './key-slot.js';
import { KeyDictionary } from './key-dictionary.js';
import type { HashedTexts } from './state-block.js';

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

/** As they stand in a block. */
function hashed(keys: readonly Key[]): HashedTexts {
  const texts = keys.map((key) => utf8.encode(JSON.stringify(key)));
  let end = 0;
  return {
    ends: Uint32Array.from(texts, ({ length }) => (end += length)),
    bytes: Uint8Array.from(texts.flatMap((text) => [...text])),
    hashes: Int32Array.from(texts, (text) => hashOfBytes(text, 0, text.length)),
  };
}

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

  it('gives many keys at once the ids that it gives them one by one, whichever it has had before', () => {
    fc.assert(
      fc.property(
        fc.array(someKey, { maxLength: 10 }),
        fc.array(someKey, { minLength: 300, maxLength: 900 }),
        (before, keys) => {
          const [dictionary, reference] = [new KeyDictionary(), new KeyDictionary()];
          for (const key of before) expect(dictionary.idOfKey(key)).toBe(reference.idOfKey(key));
          const wanted = keys.map((key) => reference.idOfKey(key));
          expect([...dictionary.idsOfAll(hashed(keys))]).toEqual(wanted);
          expect(dictionary.size).toBe(reference.size);
          for (const [index, id] of wanted.entries()) expect(dictionary.text(id)).toBe(JSON.stringify(keys[index]));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('takes a short key for the id of a long one, and the other way round, with nothing left of the key before', () => {
    const dictionary = new KeyDictionary();
    const long = 'long'.repeat(100);
    for (const key of ['short', long, 'b', `${long}er`, 'c', long]) {
      const id = dictionary.idOfKey(key);
      expect([id, dictionary.text(id), dictionary.byteLength(id)]).toEqual([0, `"${key}"`, key.length + 2]);
      const bytes = new Uint8Array(1_000);
      expect(dictionary.copyTo(bytes, 3, id)).toBe(key.length + 5);
      expect(Buffer.from(bytes).toString('utf8', 3, key.length + 5)).toBe(`"${key}"`);
      dictionary.remove(id);
      expect(dictionary.findKey(key)).toBe(-1);
    }
  });

  it('makes room in the arena out of long keys that are gone', () => {
    const dictionary = new KeyDictionary();
    const keyOf = (n: number): string => `${n}`.padStart(50, 'k');
    for (let n = 0; n < 1_000; n += 1) {
      dictionary.idOfKey(keyOf(n));
      dictionary.idOfKey(n);
      if (n >= 10) dictionary.remove(dictionary.findKey(keyOf(n - 10)));
    }
    for (let n = 990; n < 1_000; n += 1) expect(dictionary.text(dictionary.findKey(keyOf(n)))).toBe(`"${keyOf(n)}"`);
    for (let n = 0; n < 1_000; n += 1) expect(dictionary.key(dictionary.findKey(n))).toBe(n);
  });

  it('does not grow where as many keys go as come', () => {
    const dictionary = new KeyDictionary();
    for (let n = 0; n < 50_000; n += 1) {
      dictionary.idOfKey(n);
      if (n >= 100) dictionary.remove(dictionary.findKey(n - 100));
    }
    expect([dictionary.size, dictionary.capacity <= 256, dictionary.idsUsed <= 101]).toEqual([100, true, true]);
  });

  it('orders keys by slot and bytes, those of another dictionary too', () => {
    fc.assert(
      fc.property(someKey, someKey, (a, b) => {
        const [one, other] = [new KeyDictionary(), new KeyDictionary()];
        const [idA, idB, idOfOther] = [one.idOfKey(a), one.idOfKey(b), other.idOfKey(b)];
        const [textA, textB] = [JSON.stringify(a), JSON.stringify(b)];
        const expected = keySlot(textA) - keySlot(textB) || Buffer.compare(Buffer.from(textA), Buffer.from(textB));
        expect(Math.sign(one.compare(idA, idB))).toBe(Math.sign(expected));
        expect(one.compare(idA, idOfOther, other)).toBe(one.compare(idA, idB));
      }),
    );
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
