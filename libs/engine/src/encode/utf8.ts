/**
 * UTF-8 by hand: an isolate has neither TextEncoder nor TextDecoder. Half of a surrogate pair is written as U+FFFD, as
 * TextEncoder does; JSON texts never hold one, because JSON.stringify escapes it.
 */

/** The most bytes that `text` can take. */
export const utf8BytesMax = (text: string): number => text.length * 3;

/** Writes `text` at `at`, where there must be room for {@link utf8BytesMax}. @returns the position behind it. */
export function writeUtf8(into: Uint8Array, at: number, text: string): number {
  let to = at;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) into[to++] = unit;
    else if (unit < 0x800) {
      into[to++] = 0xc0 | (unit >> 6);
      into[to++] = 0x80 | (unit & 0x3f);
    } else {
      const point = text.codePointAt(i) ?? 0;
      if (point > 0xffff) {
        i += 1;
        into[to++] = 0xf0 | (point >> 18);
        into[to++] = 0x80 | ((point >> 12) & 0x3f);
        into[to++] = 0x80 | ((point >> 6) & 0x3f);
        into[to++] = 0x80 | (point & 0x3f);
        continue;
      }
      const whole = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
      into[to++] = 0xe0 | (whole >> 12);
      into[to++] = 0x80 | ((whole >> 6) & 0x3f);
      into[to++] = 0x80 | (whole & 0x3f);
    }
  }
  return to;
}
