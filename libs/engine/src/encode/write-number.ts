import type { ByteWriter } from './byte-writer.js';

/** Writes `n` as JSON.stringify does: the shortest decimal that is this double; what is not finite as null. */
export function writeNumber(to: ByteWriter, n: number): void {
  to.reserve(NUMBER_BYTES_MAX);
  if (n === (n | 0)) writeInt32(to, n | 0);
  else if (Number.isSafeInteger(n)) writeSafeInteger(to, n);
  else if (!writeShortDecimal(to, n)) to.ascii(Number.isFinite(n) ? String(n) : 'null');
}

const NUMBER_BYTES_MAX = 32;
const ZERO = 48;
const MINUS = 45;
const POINT = 46;
const BILLION = 1e9;

function writeInt32(to: ByteWriter, n: number): void {
  if (n >= 0) writeDigits(to, n, digitsOf(n));
  else if (n > -BILLION) {
    to.buf[to.at++] = MINUS;
    writeDigits(to, -n, digitsOf(-n));
  } else to.ascii(String(n));
}

function writeSafeInteger(to: ByteWriter, n: number): void {
  const positive = Math.abs(n);
  const high = Math.floor(positive / BILLION);
  if (n < 0) to.buf[to.at++] = MINUS;
  if (high > 0) writeDigits(to, high, digitsOf(high));
  const low = positive - high * BILLION;
  writeDigits(to, low, high > 0 ? 9 : digitsOf(low));
}

/**
 * One to three decimals, as sums of prices have. Two decimals of at most 15 digits are never the same double, so if one
 * of them is `n`, it is the shortest.
 */
function writeShortDecimal(to: ByteWriter, n: number): boolean {
  const positive = Math.abs(n);
  // NaN is not below it either.
  if (!(positive < BILLION)) return false;
  for (let decimals = 1, scale = 10; decimals <= 3; decimals += 1, scale *= 10) {
    const scaled = Math.round(positive * scale);
    if (scaled / scale !== positive) continue;
    const whole = Math.floor(positive);
    if (n < 0) to.buf[to.at++] = MINUS;
    writeDigits(to, whole, digitsOf(whole));
    to.buf[to.at++] = POINT;
    writeDigits(to, scaled - whole * scale, decimals);
    return true;
  }
  return false;
}

/** @param n a whole number from 0 up to 2^31 - 1. */
function digitsOf(n: number): number {
  if (n < 1000) return n < 10 ? 1 : n < 100 ? 2 : 3;
  if (n < 1e6) return n < 1e4 ? 4 : n < 1e5 ? 5 : 6;
  if (n < BILLION) return n < 1e7 ? 7 : n < 1e8 ? 8 : 9;
  return 10;
}

function writeDigits(to: ByteWriter, n: number, count: number): void {
  const { buf, at } = to;
  let rest = n | 0;
  for (let i = at + count - 1; i >= at; i -= 1) {
    const tenth = (rest / 10) | 0;
    buf[i] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  to.at = at + count;
}
