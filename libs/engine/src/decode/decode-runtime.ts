import { checkValue } from '../schema/check-value.js';
import type { SchemaNode } from '../schema/schema.js';
import type { KeyIndex } from './key-index.js';
import { ENDS_PLAIN, restOfString, skipNumber, skipSpace, skipValue, skipWord } from './scan.js';
import { textOfAscii, textOfUtf8 } from './utf8.js';

/** What a line is found to be: the values of `st` in generated code. */
export const LINE = { record: 0, blank: 1, refused: 2 } as const;
export type LineStatus = (typeof LINE)[keyof typeof LINE];

/** What generated decoders call, as `rt`. Belongs to one loop: results that are no number stand in its members. */
export class DecodeRuntime {
  /** Behind what the last call read. */
  at = 0;
  plain = false;
  /** Of the last line that `slow` read: what the schema sees of it. */
  value: unknown = undefined;
  /** Why the last line was refused. */
  reason = '';
  readonly endsPlain = ENDS_PLAIN;
  readonly powersOf10 = POWERS_OF_10;
  readonly invalid = INVALID;

  /** Reads the line at `from` by JSON.parse: the meaning of every decoder, and the way of all that is unusual. */
  slow(schema: { readonly node: SchemaNode }, buf: Uint8Array, from: number): LineStatus {
    const newline = buf.indexOf(NEWLINE, from);
    const line = textOfUtf8(buf, from, newline);
    this.at = newline + 1;
    this.value = undefined;
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch (error) {
      if (line.trim() === '') return LINE.blank;
      this.reason = (error as Error).message.slice(0, REASON_CHARS_MAX);
      return LINE.refused;
    }
    const checked = checkValue(schema, parsed);
    if ('reason' in checked) {
      this.reason = `${checked.path}: ${checked.reason}`.slice(0, REASON_CHARS_MAX);
      return LINE.refused;
    }
    this.value = checked.value;
    return LINE.record;
  }

  /** Of the object that `slow` read; undefined if it is missing. */
  member(name: string): unknown {
    const members = this.value as Readonly<Record<string, unknown>>;
    return Object.hasOwn(members, name) ? members[name] : undefined;
  }

  space(buf: Uint8Array, from: number): number {
    return skipSpace(buf, from);
  }

  /** Of the member whose opening quote is at `from`: its id, and `at` is behind the colon. -1: not read. */
  key(keys: KeyIndex, buf: Uint8Array, from: number): number {
    if (buf[from] !== QUOTE) return -1;
    let end = from + 1;
    while (ENDS_PLAIN[buf[end]!] === 0) end += 1;
    let id: number;
    if (buf[end] === QUOTE) id = keys.find(buf, from + 1, end);
    else {
      end = restOfString(buf, end);
      if (end < 0) return -1;
      id = keys.findName(this.text(buf, from + 1, end));
    }
    const colon = buf[end + 1] === COLON ? end + 1 : skipSpace(buf, end + 1);
    if (buf[colon] !== COLON) return -1;
    this.at = colon + 1;
    return id;
  }

  /** The closing quote's position, or -1. */
  restOfString(buf: Uint8Array, from: number): number {
    return restOfString(buf, from);
  }

  skipValue(buf: Uint8Array, from: number): number {
    return skipValue(buf, from);
  }

  word(buf: Uint8Array, from: number): number {
    return skipWord(buf, from);
  }

  /** Any number, exactly as JSON.parse reads it; `at` is behind it. NaN: not read, or not finite. */
  number(buf: Uint8Array, from: number): number {
    let short = 0;
    let i = from;
    for (; isDigit(buf[i]!) && i - from < 9; i += 1) short = short * 10 + (buf[i]! - ZERO);
    const isWhole = i > from && (buf[i] === COMMA || buf[i] === CLOSE);
    if (isWhole && (i - from === 1 || buf[from] !== ZERO)) {
      this.at = i;
      return short;
    }
    const end = skipNumber(buf, from);
    if (end < 0) return Number.NaN;
    this.at = end;
    const value = decimal(buf, from, end);
    return Number.isFinite(value) ? value : Number.NaN;
  }

  /** A string as it is written between its quotes. */
  text(buf: Uint8Array, from: number, to: number): string {
    const written = textOfUtf8(buf, from, to);
    return written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written;
  }

  /** The same for one that is ASCII without an escape. */
  ascii(buf: Uint8Array, from: number, to: number): string {
    return textOfAscii(buf, from, to);
  }

  /** What a schema sees of a value, or `invalid`. */
  json(node: SchemaNode, buf: Uint8Array, from: number, to: number): unknown {
    const checked = checkValue({ node }, JSON.parse(textOfUtf8(buf, from, to)));
    return 'reason' in checked ? INVALID : checked.value;
  }

  /** The closing quote's position, or -1; `plain` says whether the string is ASCII without an escape. */
  string(buf: Uint8Array, from: number): number {
    let i = from;
    while (ENDS_PLAIN[buf[i]!] === 0) i += 1;
    this.plain = buf[i] === QUOTE;
    return this.plain ? i : restOfString(buf, i);
  }

  /** A copy for each record. */
  fresh(json: string): unknown {
    return JSON.parse(json);
  }
}

const INVALID = Symbol('invalid');
const isDigit = (c: number): boolean => c >= ZERO && c <= 57;

const QUOTE = 34;
const COMMA = 44;
const ZERO = 48;
const COLON = 58;
const CLOSE = 125;
const NEWLINE = 10;
const REASON_CHARS_MAX = 300;

const POWERS_OF_10 = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * A mantissa below 2^53 and a power of ten up to 10^22 are both exact doubles, so that one division or multiplication
 * gives the nearest one (Clinger 1990). Other numbers are read by JSON.parse.
 */
function decimal(buf: Uint8Array, from: number, to: number): number {
  const isNegative = buf[from] === 45;
  let mantissa = 0;
  let exponent = 0;
  let digits = 0;
  let i = isNegative ? from + 1 : from;
  let isFraction = false;
  for (; i < to; i += 1) {
    const c = buf[i]!;
    if (c === 46) isFraction = true;
    else if (c >= 48 && c <= 57) {
      mantissa = mantissa * 10 + (c - 48);
      if (mantissa > 0) digits += 1;
      if (isFraction) exponent -= 1;
    } else break;
  }
  if (i < to || digits > 15 || exponent < -22) return JSON.parse(textOfAscii(buf, from, to)) as number;
  const value = mantissa / POWERS_OF_10[-exponent]!;
  return isNegative ? -value : value;
}
