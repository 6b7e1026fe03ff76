/**
 * What goes over the pipe between host and sandbox: frames.
 *
 * ```
 * u32  length of the rest (little endian), at most 64 MiB
 * u32  length of the header
 *      header: a JSON object, UTF-8, at most 1 MiB
 *      body: bytes that the header explains
 * ```
 *
 * One request is under way at a time, and every request has one reply.
 */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024;
export const HEADER_BYTES_MAX = 1024 * 1024;

export interface Frame {
  /** Parsed JSON of whoever is at the other end: anything at all. */
  readonly header: unknown;
  readonly body: Buffer;
}

/** Why bytes are no frame. To the host this means a sandbox that has been taken over, or broken. */
export class FrameError extends Error {}

/** Pieces to be written one after the other; the body is not copied. */
export function encodeFrame(header: object, body: readonly Uint8Array[] = []): Uint8Array[] {
  const head = Buffer.from(JSON.stringify(header), 'utf8');
  const length = 4 + head.length + body.reduce((sum, part) => sum + part.length, 0);
  if (length > FRAME_BYTES_MAX) throw new FrameError(`a frame of ${length} bytes is longer than ${FRAME_BYTES_MAX}`);
  if (head.length > HEADER_BYTES_MAX)
    throw new FrameError(`a header of ${head.length} bytes is longer than ${HEADER_BYTES_MAX}`);
  const prefix = Buffer.allocUnsafe(8);
  prefix.writeUInt32LE(length, 0);
  prefix.writeUInt32LE(head.length, 4);
  return [prefix, head, ...body];
}

/** Cuts a stream of bytes into frames. Holds at most one frame, and no more than was really sent. */
export class FrameReader {
  private readonly pieces: Buffer[] = [];
  private held = 0;
  private needed = 4;

  /** @returns the frames that `bytes` completes. Throws `FrameError`; the reader is of no use afterwards. */
  push(bytes: Buffer): Frame[] {
    this.pieces.push(bytes);
    this.held += bytes.length;
    const frames: Frame[] = [];
    while (this.held >= this.needed) {
      const joined = this.take();
      const length = joined.readUInt32LE(0);
      if (length < 4 || length > FRAME_BYTES_MAX) throw new FrameError(`a frame says that it is ${length} bytes long`);
      if (joined.length < 4 + length) {
        this.putBack(joined);
        this.needed = 4 + length;
        continue;
      }
      frames.push(decode(joined.subarray(4, 4 + length)));
      this.putBack(joined.subarray(4 + length));
      this.needed = 4;
    }
    return frames;
  }

  private take(): Buffer {
    const joined = this.pieces.length === 1 ? this.pieces[0] : undefined;
    const whole = joined ?? Buffer.concat(this.pieces, this.held);
    this.pieces.length = 0;
    this.held = 0;
    return whole;
  }

  private putBack(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.pieces.push(bytes);
    this.held = bytes.length;
  }
}

function decode(bytes: Buffer): Frame {
  const headerLength = bytes.readUInt32LE(0);
  if (headerLength > HEADER_BYTES_MAX || 4 + headerLength > bytes.length) {
    throw new FrameError(`a header says that it is ${headerLength} bytes long`);
  }
  const text = bytes.toString('utf8', 4, 4 + headerLength);
  try {
    return { header: JSON.parse(text), body: bytes.subarray(4 + headerLength) };
  } catch {
    throw new FrameError('a header is not JSON');
  }
}
