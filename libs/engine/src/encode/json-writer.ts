import { utf8BytesMax, writeUtf8 } from '../state/utf8.js';

/** Interim. */
export class JsonWriter {
  buf = new Uint8Array(1_024);
  at = 0;

  reserve(more: number): void {
    if (this.at + more <= this.buf.length) return;
    const longer = new Uint8Array(Math.max(this.buf.length * 2, this.at + more));
    longer.set(this.buf.subarray(0, this.at));
    this.buf = longer;
  }

  value(value: unknown): boolean {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) return false;
    this.ascii(text);
    return true;
  }

  number(value: number): void {
    this.ascii(Number.isFinite(value) ? String(value + 0) : 'null');
  }

  string(value: string): void {
    this.ascii(JSON.stringify(value));
  }

  raw(src: Uint8Array, from: number, to: number): void {
    this.reserve(to - from);
    this.buf.set(src.subarray(from, to), this.at);
    this.at += to - from;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buf[this.at++] = value;
  }

  ascii(text: string): void {
    this.reserve(utf8BytesMax(text));
    this.at = writeUtf8(this.buf, this.at, text);
  }

  take(): Uint8Array {
    return this.buf.subarray(0, this.at);
  }

  reset(): void {
    this.at = 0;
  }
}
