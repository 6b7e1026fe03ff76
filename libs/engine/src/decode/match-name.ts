import { utf8OfText } from './utf8.js';

/** Of `"name":`. Longer ones are always looked up. */
export const NAME_BYTES_MAX = 64;

/** Moves `d$q` behind `"name":` if that is there, and leaves the switch otherwise. */
export function emitMatch(name: string): string {
  // A name that is written with escapes could be taken for a name, a value and another name.
  const written = JSON.stringify(name) === `"${name}"` ? utf8OfText(`"${name}":`) : undefined;
  if (written === undefined || written.length > NAME_BYTES_MAX) return 'break;';
  return `if (${isAtCode(written)}) d$q += ${written.length}; else break;`;
}

function isAtCode(bytes: readonly number[]): string {
  if (bytes.length < 4) return bytes.map((byte, i) => `buf[d$q + ${i}] === ${byte}`).join(' && ');
  const offsets = Array.from({ length: Math.ceil(bytes.length / 4) }, (_, i) => Math.min(4 * i, bytes.length - 4));
  const words = offsets.map((at) => `d$view.getInt32(d$q + ${at}, true) === ${wordAt(bytes, at)}`);
  return `d$q <= d$last && ${words.join(' && ')}`;
}

function wordAt(bytes: readonly number[], at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(at, at + 4);
  return a | (b << 8) | (c << 16) | (d << 24);
}
