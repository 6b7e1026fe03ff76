import { utf8OfText } from '../decode/utf8.js';

/** A member's name as it is written, with guesses at what comes after it. */
export interface KeyBytes {
  readonly key: string;
  /** `"key":` */
  readonly bytes: Uint8Array;
  /** The member behind it last time. */
  next: KeyBytes | undefined;
  /** The first member of the object that it had as value last time. */
  inside: KeyBytes | undefined;
}

/** Names are taken from rows, so there may be any number of them. */
const KEYS_MAX = 4096;
const KEY_CHARS_MAX = 256;

export class KeyCache {
  private readonly known = new Map<string, KeyBytes>();

  /** @returns undefined for a name too long to be kept. */
  get(key: string): KeyBytes | undefined {
    const known = this.known.get(key);
    if (known !== undefined || key.length > KEY_CHARS_MAX) return known;
    if (this.known.size >= KEYS_MAX) this.known.clear();
    const entry = keyBytes(key);
    this.known.set(key, entry);
    return entry;
  }
}

export function keyBytes(key: string): KeyBytes {
  const written = utf8OfText(`${JSON.stringify(key)}:`) ?? [];
  return { key, bytes: Uint8Array.from(written), next: undefined, inside: undefined };
}
