import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FRAME_BYTES_MAX, FrameError, FrameReader, HEADER_BYTES_MAX, type Frame } from './frames.js';

const wire = (header: object, body: readonly Uint8Array[] = []): Buffer => Buffer.concat(encodeFrame(header, body));

function readIn(bytes: Buffer, cuts: readonly number[]): Frame[] {
  const reader = new FrameReader();
  const at = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return at.slice(1).flatMap((end, index) => reader.push(bytes.subarray(at[index], end)));
}

describe('frames', () => {
  it('come out as they went in, however the bytes are cut', () => {
    const someFrame = fc.record({ header: fc.dictionary(fc.string(), fc.jsonValue()), body: fc.uint8Array() });
    fc.assert(
      fc.property(fc.array(someFrame), fc.array(fc.nat()), (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(({ header, body }) => wire(header, [body])));
        const read = readIn(bytes, cuts);
        expect(read.map(({ header }) => JSON.stringify(header))).toEqual(
          frames.map(({ header }) => JSON.stringify(header)),
        );
        expect(read.map(({ body }) => Buffer.from(body))).toEqual(frames.map(({ body }) => Buffer.from(body)));
      }),
    );
  });

  it('are read or refused, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (pieces) => {
        const reader = new FrameReader();
        try {
          for (const piece of pieces) reader.push(Buffer.from(piece));
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['says that it is longer than a frame may be', (bytes: Buffer) => bytes.writeUInt32LE(FRAME_BYTES_MAX + 1, 0)],
    ['says that it is 4 GiB long', (bytes: Buffer) => bytes.writeUInt32LE(0xffffffff, 0)],
    ['has no room for the length of its header', (bytes: Buffer) => bytes.writeUInt32LE(3, 0)],
    ['has a header that is longer than itself', (bytes: Buffer) => bytes.writeUInt32LE(bytes.length, 4)],
    [
      'has a header that is longer than a header may be',
      (bytes: Buffer) => bytes.writeUInt32LE(HEADER_BYTES_MAX + 1, 4),
    ],
    ['has a header that is no JSON', (bytes: Buffer) => bytes.write('[', 8)],
  ])('S16 are refused at once if one %s', (_name, spoil) => {
    const bytes = wire({ type: 'ready' });
    spoil(bytes);
    expect(() => new FrameReader().push(bytes)).toThrow(FrameError);
  });

  it('are not made longer than they are read', () => {
    expect(() => encodeFrame({ type: 'run' }, [new Uint8Array(FRAME_BYTES_MAX)])).toThrow(FrameError);
  });
});
