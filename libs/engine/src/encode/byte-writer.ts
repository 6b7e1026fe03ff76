/** Bytes that grow. What is written is UTF-8. */
export class ByteWriter {
  buf: Uint8Array;
  /** How many bytes were written. */
  at = 0;

  constructor(bytes = 1 << 16) {
    this.buf = new Uint8Array(bytes);
  }

  /** Makes room for `n` more bytes. */
  reserve(n: number): void {
    if (this.at + n <= this.buf.length) return;
    const larger = new Uint8Array(Math.max(this.buf.length * 2, this.at + n));
    larger.set(this.buf.subarray(0, this.at));
    this.buf = larger;
  }

  byte(b: number): void {
    this.reserve(1);
    this.buf[this.at++] = b;
  }

  raw(src: Uint8Array, from: number, to: number): void {
    this.reserve(to - from);
    if (to - from > LOOP_BYTES_MAX) this.buf.set(src.subarray(from, to), this.at);
    else copyShort(src, from, to, this.buf, this.at);
    this.at += to - from;
  }

  /** @param text nothing but ASCII. */
  ascii(text: string): void {
    this.reserve(text.length);
    const { buf, at } = this;
    for (let i = 0; i < text.length; i += 1) buf[at + i] = text.charCodeAt(i);
    this.at = at + text.length;
  }

  /** @param text without half surrogate pairs. */
  text(text: string): void {
    this.reserve(text.length * 3);
    const { buf } = this;
    let { at } = this;
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit < 0x80) buf[at++] = unit;
      else if (unit < 0x800) {
        buf[at++] = 0xc0 | (unit >> 6);
        buf[at++] = 0x80 | (unit & 0x3f);
      } else if ((unit & 0xf800) !== 0xd800) {
        buf[at++] = 0xe0 | (unit >> 12);
        buf[at++] = 0x80 | ((unit >> 6) & 0x3f);
        buf[at++] = 0x80 | (unit & 0x3f);
      } else {
        i += 1;
        const point = 0x10000 + ((unit & 0x3ff) << 10) + (text.charCodeAt(i) & 0x3ff);
        buf[at++] = 0xf0 | (point >> 18);
        buf[at++] = 0x80 | ((point >> 12) & 0x3f);
        buf[at++] = 0x80 | ((point >> 6) & 0x3f);
        buf[at++] = 0x80 | (point & 0x3f);
      }
    }
    this.at = at;
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.buf.slice(0, this.at);
  }

  reset(): void {
    this.at = 0;
  }
}

/** Below, a loop is quicker than a call. */
const LOOP_BYTES_MAX = 48;

function copyShort(src: Uint8Array, from: number, to: number, target: Uint8Array, at: number): void {
  for (let i = from, j = at; i < to; i += 1, j += 1) target[j] = src[i]!;
}
