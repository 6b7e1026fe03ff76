/** No number takes more. */
export const NUMBER_BYTES_MAX = 32;

/**
 * Writes `n` as JSON.stringify does: the shortest decimal that is this double; what is not finite as null. There must be
 * room for it. @returns the position behind it.
 */
export function writeNumber(buf: Uint8Array, at: number, n: number): number {
  if (n === (n | 0)) return writeInt32(buf, at, n | 0);
  if (Number.isSafeInteger(n)) return writeSafeInteger(buf, at, n);
  const end = writeShortDecimal(buf, at, n);
  return end >= 0 ? end : writeAscii(buf, at, Number.isFinite(n) ? String(n) : 'null');
}

const ZERO = 48;
const MINUS = 45;
const POINT = 46;
const BILLION = 1e9;

function writeInt32(buf: Uint8Array, at: number, n: number): number {
  if (n >= 0) return writeDigits(buf, at, n, digitsOf(n));
  if (n <= -BILLION) return writeAscii(buf, at, String(n));
  buf[at] = MINUS;
  return writeDigits(buf, at + 1, -n, digitsOf(-n));
}

function writeSafeInteger(buf: Uint8Array, from: number, n: number): number {
  const positive = Math.abs(n);
  const high = Math.floor(positive / BILLION);
  let at = from;
  if (n < 0) buf[at++] = MINUS;
  if (high > 0) at = writeDigits(buf, at, high, digitsOf(high));
  const low = positive - high * BILLION;
  return writeDigits(buf, at, low, high > 0 ? 9 : digitsOf(low));
}

/**
 * One to three decimals, as sums of prices have. Two decimals of at most 15 digits are never the same double, so if one
 * of them is `n`, it is the shortest. @returns -1 if none is.
 */
function writeShortDecimal(buf: Uint8Array, from: number, n: number): number {
  const positive = Math.abs(n);
  // NaN is not below it either.
  if (!(positive < BILLION)) return -1;
  for (let decimals = 1, scale = 10; decimals <= 3; decimals += 1, scale *= 10) {
    const scaled = Math.round(positive * scale);
    if (scaled / scale !== positive) continue;
    const whole = Math.floor(positive);
    let at = from;
    if (n < 0) buf[at++] = MINUS;
    at = writeDigits(buf, at, whole, digitsOf(whole));
    buf[at++] = POINT;
    return writeDigits(buf, at, scaled - whole * scale, decimals);
  }
  return -1;
}

function writeAscii(buf: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i += 1) buf[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** @param n a whole number from 0 up to 2^31 - 1. */
function digitsOf(n: number): number {
  if (n < 1000) return n < 10 ? 1 : n < 100 ? 2 : 3;
  if (n < 1e6) return n < 1e4 ? 4 : n < 1e5 ? 5 : 6;
  if (n < BILLION) return n < 1e7 ? 7 : n < 1e8 ? 8 : 9;
  return 10;
}

function writeDigits(buf: Uint8Array, at: number, n: number, count: number): number {
  let rest = n | 0;
  for (let i = at + count - 1; i >= at; i -= 1) {
    const tenth = (rest / 10) | 0;
    buf[i] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return at + count;
}
