/** Bytes of UTF-8 and the text that they are. There is no TextDecoder where the engine runs. */

const CHUNK = 4096;

/** @param bytes valid UTF-8 between `from` and `to`. */
export function textOfUtf8(bytes: Uint8Array, from: number, to: number): string {
  let ascii = from;
  while (ascii < to && bytes[ascii]! < 0x80) ascii += 1;
  return ascii === to ? textOfAscii(bytes, from, to) : textOfAny(bytes, from, to);
}

function textOfAny(bytes: Uint8Array, from: number, to: number): string {
  const units: number[] = [];
  let text = '';
  for (let i = from; i < to;) {
    const byte = bytes[i]!;
    if (byte < 0x80) {
      units.push(byte);
      i += 1;
    } else if (byte < 0xe0) {
      units.push(((byte & 0x1f) << 6) | tail(bytes, i + 1));
      i += 2;
    } else if (byte < 0xf0) {
      units.push(((byte & 0x0f) << 12) | (tail(bytes, i + 1) << 6) | tail(bytes, i + 2));
      i += 3;
    } else {
      const point = ((byte & 0x07) << 18) | (tail(bytes, i + 1) << 12) | (tail(bytes, i + 2) << 6) | tail(bytes, i + 3);
      units.push(0xd7c0 + (point >> 10), 0xdc00 | (point & 0x3ff));
      i += 4;
    }
    if (units.length < CHUNK) continue;
    text += String.fromCharCode(...units);
    units.length = 0;
  }
  return text + String.fromCharCode(...units);
}

function tail(bytes: Uint8Array, i: number): number {
  return bytes[i]! & 0x3f;
}

/** @returns undefined if `text` has half a surrogate pair, for which UTF-8 has no bytes. */
export function utf8OfText(text: string): number[] | undefined {
  if (!text.isWellFormed()) return undefined;
  const bytes: number[] = [];
  for (const char of text) {
    const point = char.codePointAt(0)!;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    else {
      const [second, third] = [(point >> 12) & 0x3f, (point >> 6) & 0x3f];
      bytes.push(0xf0 | (point >> 18), 0x80 | second, 0x80 | third, 0x80 | (point & 0x3f));
    }
  }
  return bytes;
}

const code = (bytes: Uint8Array, i: number): number => bytes[i]!;

/**
 * @param bytes ASCII between `from` and `to`. A call with a fixed number of arguments is several times as fast as one
 * with a list, and most strings of records are short.
 */
export function textOfAscii(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > LONG) return textOfLongAscii(bytes, from, to);
  let text = '';
  let i = from;
  for (; to - i >= 8; i += 8) text += eight(bytes, i);
  switch (to - i) {
    case 0:
      return text;
    case 1:
      return text + String.fromCharCode(code(bytes, i));
    case 2:
      return text + String.fromCharCode(code(bytes, i), code(bytes, i + 1));
    case 3:
      return text + String.fromCharCode(code(bytes, i), code(bytes, i + 1), code(bytes, i + 2));
    case 4:
      return text + four(bytes, i);
    case 5:
      return text + four(bytes, i) + String.fromCharCode(code(bytes, i + 4));
    case 6:
      return text + six(bytes, i);
    default:
      return text + six(bytes, i) + String.fromCharCode(code(bytes, i + 6));
  }
}

/** From here on, one call with a list costs less than joining pieces. */
const LONG = 40;

function textOfLongAscii(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i += CHUNK) text += asText(bytes.subarray(i, Math.min(i + CHUNK, to)));
  return text;
}

function asText(units: Uint8Array): string {
  // apply() takes a typed array as it is; spreading would walk it.
  return String.fromCharCode.apply(undefined, units as unknown as number[]);
}

function four(bytes: Uint8Array, i: number): string {
  return String.fromCharCode(code(bytes, i), code(bytes, i + 1), code(bytes, i + 2), code(bytes, i + 3));
}

function six(bytes: Uint8Array, i: number): string {
  return String.fromCharCode(
    code(bytes, i),
    code(bytes, i + 1),
    code(bytes, i + 2),
    code(bytes, i + 3),
    code(bytes, i + 4),
    code(bytes, i + 5),
  );
}

function eight(bytes: Uint8Array, i: number): string {
  return String.fromCharCode(
    code(bytes, i),
    code(bytes, i + 1),
    code(bytes, i + 2),
    code(bytes, i + 3),
    code(bytes, i + 4),
    code(bytes, i + 5),
    code(bytes, i + 6),
    code(bytes, i + 7),
  );
}

/** One character for each byte. */
export function readLatin1(bytes: Uint8Array): string {
  let text = '';
  for (let from = 0; from < bytes.length; from += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(from, from + CHUNK));
  }
  return text;
}
