import type { InputChunk } from './ports.js';

/** What ends a line. The last line of some bytes may lack it. */
export const NEWLINE = 10;

/** Lines in `bytes`, blank ones too. */
export function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = 0; at < bytes.length; at = behindLine(bytes, at)) lines += 1;
  return lines;
}

/** Where the line behind the one at `start` begins; `end`, which is that of the bytes unless given, if there is none. */
export function behindLine(bytes: Uint8Array, start: number, end = bytes.length): number {
  const newline = bytes.indexOf(NEWLINE, start);
  return newline === -1 || newline >= end ? end : newline + 1;
}

/** The same behind so many lines. */
export function behindLines(bytes: Uint8Array, lines: number, { from = 0, end = bytes.length } = {}): number {
  let at = from;
  for (let line = 0; line < lines && at < end; line += 1) at = behindLine(bytes, at, end);
  return at;
}

/** A line as its source gave it, without its newline. @param behind {@link behindLine} of it. */
export function withoutNewline(
  bytes: Uint8Array,
  { start, behind }: { readonly start: number; readonly behind: number },
): Uint8Array {
  return bytes.subarray(start, bytes[behind - 1] === NEWLINE ? behind - 1 : behind);
}

/** The source's own position behind so many bytes of a chunk, which are so many whole lines. */
export function offsetBehind(
  { range, offsetUnit }: Pick<InputChunk, 'range' | 'offsetUnit'>,
  { bytes, lines }: { readonly bytes: number; readonly lines: number },
): number {
  return range.from + (offsetUnit === 'bytes' ? bytes : lines);
}
