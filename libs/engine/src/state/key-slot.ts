import { KEY_SLOTS } from '@tidemark/domain';

/**
 * The key slot of a row of state: **frozen**. Stored state is filed under it, so a change would lose every key.
 *
 * 1. The key's JSON text (`JSON.stringify` of a string, a finite number or a boolean; `null` for an operator's own
 *    row), as UTF-8.
 * 2. FNV-1a, 32 bits: start at 0x811c9dc5; for each byte: xor, then multiply by 0x01000193.
 * 3. The 32-bit finaliser of MurmurHash3, because the low bits of FNV-1a alone are weak:
 *    `h ^= h >>> 16; h *= 0x85ebca6b; h ^= h >>> 13; h *= 0xc2b2ae35; h ^= h >>> 16`.
 * 4. The slot is the result mod 128.
 */
export function keySlot(keyText: string): number {
  return keyHash(keyText) % KEY_SLOTS;
}

/** Steps 1 to 3 above: an unsigned 32-bit number. */
export function keyHash(keyText: string): number {
  let h = 0x811c9dc5;
  const mix = (byte: number): void => {
    h = Math.imul(h ^ byte, 0x01000193);
  };
  for (let i = 0; i < keyText.length; i += 1) {
    const unit = keyText.charCodeAt(i);
    if (unit < 0x80) mix(unit);
    else if (unit < 0x800) {
      mix(0xc0 | (unit >> 6));
      mix(0x80 | (unit & 0x3f));
    } else if (unit < 0xd800 || unit > 0xdfff) {
      mix(0xe0 | (unit >> 12));
      mix(0x80 | ((unit >> 6) & 0x3f));
      mix(0x80 | (unit & 0x3f));
    } else {
      // JSON.stringify escapes lone surrogates, so a surrogate here is always the first of a pair.
      const point = keyText.codePointAt(i) ?? 0;
      i += 1;
      mix(0xf0 | (point >> 18));
      mix(0x80 | ((point >> 12) & 0x3f));
      mix(0x80 | ((point >> 6) & 0x3f));
      mix(0x80 | (point & 0x3f));
    }
  }
  return finish(h) >>> 0;
}

/** {@link keyHash} of a JSON text that is there as UTF-8, as a signed 32-bit number. */
export function hashOfBytes(bytes: Uint8Array, from: number, to: number): number {
  let h = 0x811c9dc5;
  for (let i = from; i < to; i += 1) h = Math.imul(h ^ (bytes[i] ?? 0), 0x01000193);
  return finish(h);
}

/** Step 3. */
const finish = (hash: number): number => {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
};
