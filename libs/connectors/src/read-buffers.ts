/** Smaller ones are cheap to make. */
const KEPT_BYTES_MIN = 256 * 1024;
/** One that a batch runs on, and one into which the next is read. */
const KEPT_MAX = 2;

/**
 * Memory that batches are read into, used again. V8 counts memory outside its heap and collects garbage for it: at 32 MiB a
 * batch, in all threads, it took as much time as the job itself.
 *
 * Owner of all buffers that are not taken: the source that made this.
 */
export class ReadBuffers {
  private kept: Buffer[] = [];

  /** @returns at least `bytes` bytes of any content. */
  take(bytes: number): Buffer {
    const at = this.kept.findIndex(({ length }) => length >= bytes && length <= Math.max(4 * bytes, KEPT_BYTES_MIN));
    const [found] = at === -1 ? [] : this.kept.splice(at, 1);
    if (found !== undefined) return found;
    // Those that are there do not fit what batches have come to be.
    this.kept = [];
    return Buffer.allocUnsafe(bytes);
  }

  /** The caller must not use `buffer`, or any part of it, after this. */
  giveBack(buffer: Buffer): void {
    if (buffer.length >= KEPT_BYTES_MIN && this.kept.length < KEPT_MAX) this.kept.push(buffer);
  }

  clear(): void {
    this.kept = [];
  }
}
