/**
 * Walks over JSON in bytes, as strict as JSON.parse. Every function takes the position at which something begins and
 * gives the one behind it, or -1: then the bytes are not that, or so unusual that JSON.parse shall have them. All stop
 * at a newline, so input that ends with one needs no check of bounds.
 */

const QUOTE = 34;
const BACKSLASH = 92;

/** By byte: 0 for what is itself within a string, 1 for a quote, a backslash, a control character, and beyond ASCII. */
export const ENDS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 32 || byte === QUOTE || byte === BACKSLASH || byte >= 0x80 ? 1 : 0,
);

/** Spaces, tabs and carriage returns: all white space of JSON but the newline. */
export function skipSpace(buf: Uint8Array, from: number): number {
  let i = from;
  for (let c = buf[i]!; c === 32 || c === 9 || c === 13; c = buf[i]!) i += 1;
  return i;
}

/** @returns the position of the closing quote of a string of which everything before `from` was seen. */
export function restOfString(buf: Uint8Array, from: number): number {
  let i = from;
  for (;;) {
    const c = buf[i]!;
    if (c === QUOTE) return i;
    if (c < 32) return -1;
    if (c !== BACKSLASH) i += 1;
    else if (buf[i + 1] === 117) {
      for (let k = 2; k < 6; k += 1) if (!isHex(buf[i + k]!)) return -1;
      i += 6;
    } else if (isEscape(buf[i + 1]!)) i += 2;
    else return -1;
  }
}

function isHex(c: number): boolean {
  return (c >= 48 && c <= 57) || ((c | 32) >= 97 && (c | 32) <= 102);
}

/** One of "\/bfnrt. */
function isEscape(c: number): boolean {
  switch (c) {
    case QUOTE:
    case 47:
    case BACKSLASH:
    case 98:
    case 102:
    case 110:
    case 114:
    case 116:
      return true;
    default:
      return false;
  }
}

export function skipNumber(buf: Uint8Array, from: number): number {
  let i = buf[from] === 45 ? from + 1 : from;
  if (buf[i] === 48) i += 1;
  else {
    i = skipDigits(buf, i);
    if (i < 0) return -1;
  }
  if (buf[i] === 46) {
    i = skipDigits(buf, i + 1);
    if (i < 0) return -1;
  }
  if ((buf[i]! | 32) !== 101) return i;
  const sign = buf[i + 1];
  return skipDigits(buf, sign === 43 || sign === 45 ? i + 2 : i + 1);
}

/** One or more. */
function skipDigits(buf: Uint8Array, from: number): number {
  let i = from;
  while (buf[i]! >= 48 && buf[i]! <= 57) i += 1;
  return i === from ? -1 : i;
}

/** JSON.parse takes any depth; what is deeper than this is left to it. */
const DEPTH_MAX = 64;

export function skipValue(buf: Uint8Array, from: number, depth = 0): number {
  const c = buf[from]!;
  if (c === QUOTE) {
    const end = restOfString(buf, from + 1);
    return end < 0 ? -1 : end + 1;
  }
  if (c === 45 || (c >= 48 && c <= 57)) return skipNumber(buf, from);
  if (c === 123) return depth < DEPTH_MAX ? skipObject(buf, from, depth) : -1;
  if (c === 91) return depth < DEPTH_MAX ? skipArray(buf, from, depth) : -1;
  return skipWord(buf, from);
}

/** true, false or null. */
export function skipWord(buf: Uint8Array, i: number): number {
  const c = buf[i];
  if (c === 116) return buf[i + 1] === 114 && buf[i + 2] === 117 && buf[i + 3] === 101 ? i + 4 : -1;
  if (c === 110) return buf[i + 1] === 117 && buf[i + 2] === 108 && buf[i + 3] === 108 ? i + 4 : -1;
  if (c !== 102) return -1;
  return buf[i + 1] === 97 && buf[i + 2] === 108 && buf[i + 3] === 115 && buf[i + 4] === 101 ? i + 5 : -1;
}

function skipArray(buf: Uint8Array, from: number, depth: number): number {
  let i = skipSpace(buf, from + 1);
  if (buf[i] === 93) return i + 1;
  for (;;) {
    i = skipValue(buf, i, depth + 1);
    if (i < 0) return -1;
    i = skipSpace(buf, i);
    if (buf[i] === 93) return i + 1;
    if (buf[i] !== 44) return -1;
    i = skipSpace(buf, i + 1);
  }
}

function skipObject(buf: Uint8Array, from: number, depth: number): number {
  let i = skipSpace(buf, from + 1);
  if (buf[i] === 125) return i + 1;
  for (;;) {
    if (buf[i] !== QUOTE) return -1;
    i = restOfString(buf, i + 1);
    if (i < 0) return -1;
    i = skipSpace(buf, i + 1);
    if (buf[i] !== 58) return -1;
    i = skipValue(buf, skipSpace(buf, i + 1), depth + 1);
    if (i < 0) return -1;
    i = skipSpace(buf, i);
    if (buf[i] === 125) return i + 1;
    if (buf[i] !== 44) return -1;
    i = skipSpace(buf, i + 1);
  }
}
