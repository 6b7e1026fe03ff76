import { readSync } from 'node:fs';
import { FrameError, FRAME_BYTES_MAX, HEADER_BYTES_MAX } from '../frames.js';

/** Frames from standard input, read where they are wanted and without an event loop. */
export class FrameInput {
  private readonly prefix = Buffer.alloc(8);

  /**
   * The header of the next frame, and how many bytes of body follow it: they are to be read before the next frame.
   * Undefined when the input has ended.
   */
  next(): { readonly header: unknown; readonly bodyBytes: number } | undefined {
    if (!readInto(this.prefix)) return undefined;
    const length = this.prefix.readUInt32LE(0);
    const headerLength = this.prefix.readUInt32LE(4);
    if (length > FRAME_BYTES_MAX || headerLength > HEADER_BYTES_MAX || 4 + headerLength > length) {
      throw new FrameError('a frame with wrong lengths');
    }
    const header = Buffer.allocUnsafe(headerLength);
    if (!readInto(header)) return undefined;
    return { header: JSON.parse(header.toString('utf8')), bodyBytes: length - 4 - headerLength };
  }

  /** The body of the frame, to be read into `into`. */
  body(into: Buffer): FrameBody {
    return new FrameBody(into);
  }
}

/** A body that is read as far as it is wanted, while the host still writes what follows. */
export class FrameBody {
  private at = 0;

  constructor(private readonly into: Buffer) {}

  /** Waits until the first `length` bytes are there. */
  readUpTo(length: number): void {
    if (length <= this.at) return;
    if (!readInto(this.into.subarray(this.at, length))) throw new FrameError('the input ended within a frame');
    this.at = length;
  }

  /** @returns the whole body. */
  readAll(): Buffer {
    this.readUpTo(this.into.length);
    return this.into;
  }
}

/** @returns false if the input has ended. */
function readInto(buffer: Buffer): boolean {
  for (let at = 0; at < buffer.length;) {
    const length = readSync(0, buffer, at, buffer.length - at, null);
    if (length === 0) return false;
    at += length;
  }
  return true;
}
