import { behindLine, NEWLINE, offsetBehind, withoutNewline } from '../lines.js';
import type { InputChunk } from '../ports.js';

/** A source's input of a batch as one text, and the way back from a line of it to the source's own position. */
export interface InputLines {
  /** UTF-8. Every chunk ends with a newline, so chunks never share a line. */
  readonly bytes: Uint8Array;
  /** How many of the first lines are records that are read again. */
  readonly readAgain: number;
  /** Of a line of `bytes`, counted from 0; undefined if there is no such line. */
  positionOf(line: number): LinePosition | undefined;
  /** What stands at these lines, which grow; undefined if there is no such line, or they do not. */
  recordsAt(lines: readonly number[]): readonly InputRecord[] | undefined;
}

export interface LinePosition {
  readonly partition: string;
  readonly offset: number;
  /** On which the record was read first, of one that is read again. */
  readonly timeline?: number;
}

export interface InputRecord extends LinePosition {
  /** As the source gave them, without a newline. */
  readonly bytes: Uint8Array;
}

/**
 * Joins the chunks of one source. The way back is only walked when a record has to be named, so it counts newlines then
 * instead of keeping an index.
 */
export function joinChunks(chunks: readonly InputChunk[]): InputLines {
  const used = chunks.filter(({ bytes }) => bytes.length > 0);
  const firstNew = used.findIndex(({ timeline }) => timeline === undefined);
  return {
    bytes: concatenate(used),
    // Each is a chunk of its own.
    readAgain: firstNew === -1 ? used.length : firstNew,
    positionOf: (line) => position(recordsAt(used, [line])?.[0]),
    recordsAt: (lines) => recordsAt(used, lines),
  };
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

function position(record: InputRecord | undefined): LinePosition | undefined {
  if (record === undefined) return undefined;
  const { bytes: _, ...at } = record;
  return at;
}

function recordsAt(chunks: readonly InputChunk[], wanted: readonly number[]): readonly InputRecord[] | undefined {
  if (!wanted.every((line, index) => Number.isSafeInteger(line) && line > (wanted[index - 1] ?? -1))) return undefined;
  const found: InputRecord[] = [];
  let before = 0;
  for (const chunk of chunks) {
    const { partition, bytes, timeline } = chunk;
    let lines = 0;
    for (let start = 0; start < bytes.length; lines += 1) {
      if (found.length === wanted.length) return found;
      const behind = behindLine(bytes, start);
      if (before + lines === wanted[found.length]) {
        const offset = offsetBehind(chunk, { bytes: start, lines });
        const record = { partition, offset, bytes: withoutNewline(bytes, { start, behind }) };
        found.push(timeline === undefined ? record : { ...record, timeline });
      }
      start = behind;
    }
    before += lines;
  }
  return found.length === wanted.length ? found : undefined;
}
