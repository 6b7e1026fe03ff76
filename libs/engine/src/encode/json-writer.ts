import { ByteWriter } from './byte-writer.js';
import { KeyCache, keyBytes, type KeyBytes } from './key-bytes.js';
import { NUMBER_BYTES_MAX, writeNumber } from './write-number.js';

/**
 * Writes JSON as bytes: exactly those of JSON.stringify's text in UTF-8. Plain objects, arrays, numbers and strings of
 * ASCII are written directly; what is more than that (a `toJSON`, a class, an escape) goes through JSON.stringify.
 */
export class JsonWriter extends ByteWriter {
  private readonly keys = new KeyCache();
  private readonly start = keyBytes('');

  /**
   * @returns false if JSON has nothing for `v`, as for undefined or a function; then nothing is written.
   * @throws what JSON.stringify throws: TypeError for a cycle or a BigInt, and whatever a `toJSON` or a getter throws.
   * Nothing is written then either.
   */
  value(v: unknown): boolean {
    const start = this.at;
    try {
      // Names that somebody gave to all objects would be taken for members.
      return isClean() ? this.member(v, this.start, '', 0) : this.stringify(v, '');
    } catch (error) {
      this.at = start;
      throw error;
    }
  }

  number(n: number): void {
    this.reserve(NUMBER_BYTES_MAX);
    this.at = writeNumber(this.buf, this.at, n);
  }

  string(s: string): void {
    const { length } = s;
    this.reserve(length + 2);
    const { buf, at } = this;
    buf[at] = QUOTE;
    for (let i = 0, j = at + 1; i < length; i += 1, j += 1) {
      const unit = s.charCodeAt(i);
      if (unit < 32 || unit === QUOTE || unit === BACKSLASH || unit >= 0x80) {
        this.text(JSON.stringify(s));
        return;
      }
      buf[j] = unit;
    }
    buf[at + length + 1] = QUOTE;
    this.at = at + length + 2;
  }

  /** @returns false if nothing is to be written. */
  private member(v: unknown, place: KeyBytes, key: string | number, depth: number): boolean {
    switch (typeof v) {
      case 'string':
        this.string(v);
        return true;
      case 'number':
        this.number(v);
        return true;
      case 'boolean':
        this.ascii(v ? 'true' : 'false');
        return true;
      case 'undefined':
      case 'symbol':
        return false;
      case 'object':
        if (v === null) {
          this.ascii('null');
          return true;
        }
        // What lies deeper, a cycle also does.
        if (depth >= DEPTH_MAX || 'toJSON' in v) return this.stringify(v, key);
        if (Array.isArray(v)) return this.array(v, place, depth);
        if (Object.getPrototypeOf(v) !== Object.prototype) return this.stringify(v, key);
        return this.object(v as Readonly<Record<string, unknown>>, place, depth);
      case 'bigint':
      case 'function':
        return this.stringify(v, key);
    }
  }

  private array(values: readonly unknown[], place: KeyBytes, depth: number): true {
    this.byte(OPEN_ARRAY);
    const { length } = values;
    for (let i = 0; i < length; i += 1) {
      if (i > 0) this.byte(COMMA);
      if (!this.member(values[i], place, i, depth + 1)) this.ascii('null');
    }
    this.byte(CLOSE_ARRAY);
    return true;
  }

  private object(members: Readonly<Record<string, unknown>>, place: KeyBytes, depth: number): true {
    this.byte(OPEN_OBJECT);
    let isFirst = true;
    let before = place;
    for (const key in members) {
      const v = members[key];
      if (v === undefined) continue;
      const start = this.at;
      if (!isFirst) this.byte(COMMA);
      const guess = isFirst ? before.inside : before.next;
      const known = guess?.key === key ? guess : this.lookUp(key, before, isFirst);
      if (known === undefined) this.longKey(key);
      else this.raw(known.bytes, 0, known.bytes.length);
      if (!this.member(v, known ?? this.start, key, depth + 1)) {
        this.at = start;
        continue;
      }
      isFirst = false;
      if (known !== undefined) before = known;
    }
    this.byte(CLOSE_OBJECT);
    return true;
  }

  private lookUp(key: string, before: KeyBytes, isFirst: boolean): KeyBytes | undefined {
    const known = this.keys.get(key);
    if (isFirst) before.inside = known;
    else before.next = known;
    return known;
  }

  private longKey(key: string): void {
    this.string(key);
    this.byte(COLON);
  }

  /** As a member, because a `toJSON` is told the name; of an object without a prototype, which could have another one. */
  private stringify(v: unknown, key: string | number): boolean {
    const text = JSON.stringify({ __proto__: null, [key]: v });
    if (text === '{}') return false;
    this.text(text.slice(JSON.stringify(String(key)).length + 2, -1));
    return true;
  }
}

function isClean(): boolean {
  for (const _name in NO_MEMBERS) return false;
  return true;
}

const NO_MEMBERS = {};

const DEPTH_MAX = 100;

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
