import type { Key } from '@tidemark/streams';
import { utf8BytesMax, writeUtf8 } from '../encode/utf8.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The JSON text of one key at a time, as UTF-8. */
export class KeyText {
  bytes = new Uint8Array(64);

  /** @returns the length of the text, which lies in {@link bytes} until the next one. */
  write(key: Key): number {
    if (typeof key === 'string') {
      if (this.bytes.length < key.length + 2) this.bytes = new Uint8Array(2 * key.length + 2);
      const { bytes } = this;
      bytes[0] = QUOTE;
      let i = 0;
      for (; i < key.length; i += 1) {
        const unit = key.charCodeAt(i);
        if (unit < 0x20 || unit > 0x7f || unit === QUOTE || unit === BACKSLASH) break;
        bytes[i + 1] = unit;
      }
      if (i === key.length) {
        bytes[i + 1] = QUOTE;
        return i + 2;
      }
    }
    const text = JSON.stringify(key);
    if (this.bytes.length < utf8BytesMax(text)) this.bytes = new Uint8Array(utf8BytesMax(text));
    return writeUtf8(this.bytes, 0, text);
  }
}
