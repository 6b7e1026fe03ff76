const BYTES_MIN = 1024 * 1024;

/**
 * Bytes that this process and its isolate both see. An isolate never lets go of a buffer that it was given, so the room
 * grows by doubling, and few are given.
 */
export class SharedBytes {
  bytes: Buffer = Buffer.alloc(0);

  constructor(private readonly attach: (buffer: SharedArrayBuffer) => void) {}

  /** @returns the first `length` bytes, of which there are enough now. What they held before is gone if there were not. */
  room(length: number): Buffer {
    if (length > this.bytes.length) {
      const buffer = new SharedArrayBuffer(Math.max(BYTES_MIN, 2 ** Math.ceil(Math.log2(length))));
      this.bytes = Buffer.from(buffer);
      this.attach(buffer);
    }
    return this.bytes.subarray(0, length);
  }
}
