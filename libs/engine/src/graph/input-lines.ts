import type { InputChunk } from '../ports.js';

const NEWLINE = 10;

/** A source's input of a batch as one text, and the way back from a line of it to the source's own position. */
export interface InputLines {
  /** UTF-8. Every chunk ends with a newline, so chunks never share a line. */
  readonly bytes: Uint8Array;
  /** Of a line of `bytes`, counted from 0; undefined if there is no such line. */
  positionOf(line: number): { readonly partition: string; readonly offset: number } | undefined;
}

/**
 * Joins the chunks of one source. The way back is only walked when a record has to be named, so it counts newlines then
 * instead of keeping an index.
 */
export function joinChunks(chunks: readonly InputChunk[]): InputLines {
  const used = chunks.filter(({ bytes }) => bytes.length > 0);
  return { bytes: concatenate(used), positionOf: (line) => positionOf(used, line) };
}

function concatenate(chunks: readonly InputChunk[]): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined && first.bytes.at(-1) === NEWLINE) return first.bytes;
  const length = chunks.reduce((sum, { bytes }) => sum + bytes.length + (bytes.at(-1) === NEWLINE ? 0 : 1), 0);
  const joined = new Uint8Array(length);
  let at = 0;
  for (const { bytes } of chunks) {
    joined.set(bytes, at);
    at += bytes.length;
    if (bytes.at(-1) !== NEWLINE) joined[at++] = NEWLINE;
  }
  return joined;
}

function positionOf(chunks: readonly InputChunk[], line: number): { partition: string; offset: number } | undefined {
  if (!Number.isSafeInteger(line) || line < 0) return undefined;
  let before = 0;
  for (const { partition, range, offsetUnit, bytes } of chunks) {
    let lines = 0;
    for (let start = 0; start < bytes.length; lines += 1) {
      if (before + lines === line) return { partition, offset: range.from + (offsetUnit === 'bytes' ? start : lines) };
      const newline = bytes.indexOf(NEWLINE, start);
      start = newline === -1 ? bytes.length : newline + 1;
    }
    before += lines;
  }
  return undefined;
}
