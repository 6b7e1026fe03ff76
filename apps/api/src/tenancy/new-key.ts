import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 32 digits of base 62 are 190 random bits. */
const RANDOM_DIGITS = 32;
const CHECK_DIGITS = 6;

/** A fresh API key: a prefix and a checksum, by which scanners find a leaked one without false alarms. */
export function newKey(): string {
  const random = Array.from({ length: RANDOM_DIGITS }, () => DIGITS.charAt(randomInt(DIGITS.length))).join('');
  return `tdm_${random}_${base62(crc32(random))}`;
}

function base62(value: number): string {
  let digits = '';
  for (let rest = value, at = 0; at < CHECK_DIGITS; at += 1, rest = Math.floor(rest / DIGITS.length)) {
    digits = DIGITS.charAt(rest % DIGITS.length) + digits;
  }
  return digits;
}
