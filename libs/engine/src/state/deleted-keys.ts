import { grown, longerThan } from './growing.js';
import type { KeyDictionary } from './key-dictionary.js';
import { ByteList } from './state-block.js';

/** Keys whose rows are gone: JSON texts one after the other, their exclusive ends, and their slots. */
export class DeletedKeys {
  count = 0;
  private readonly keys = new ByteList();
  private ends = new Uint32Array(16);
  private slots = new Uint8Array(16);

  add(keys: KeyDictionary, id: number): void {
    if (this.count === this.ends.length) {
      const length = longerThan(this.count);
      this.ends = grown(this.ends, new Uint32Array(length));
      this.slots = grown(this.slots, new Uint8Array(length));
    }
    this.keys.reserve(keys.byteLength(id));
    this.keys.length = keys.copyTo(this.keys.bytes, this.keys.length, id);
    this.ends[this.count] = this.keys.length;
    this.slots[this.count] = keys.slot(id);
    this.count += 1;
  }

  /** At least one, from the one at `from` on, up to about `bytesMax` bytes. */
  slice(from: number, bytesMax: number): { slots: Uint8Array; ends: Uint32Array; bytes: Uint8Array } {
    const start = from === 0 ? 0 : (this.ends[from - 1] ?? 0);
    let to = from + 1;
    while (to < this.count && (this.ends[to] ?? 0) - start + 5 * (to - from) < bytesMax) to += 1;
    return {
      slots: this.slots.slice(from, to),
      ends: this.ends.slice(from, to).map((end) => end - start),
      bytes: this.keys.bytes.slice(start, this.ends[to - 1] ?? 0),
    };
  }
}
