import { isUtf8 } from 'node:buffer';
import { TidemarkError } from '@tidemark/domain';
import { printable, readBlock, unfitKeyOf, type InputLines, type ReadBlock } from '@tidemark/engine';
import { FRAME_BYTES_MAX } from '../frames.js';
import type { ReplyOf } from '../messages.js';

export function tooLarge({ what, bytes }: ReplyOf<'too_large'>): TidemarkError {
  return new TidemarkError('job_output_too_large', { what: printable(what), bytes, bytesMax: FRAME_BYTES_MAX });
}

/** What keys and values say is the job's own business; that they are where the block says they are is not. */
export function isBlock(bytes: Uint8Array, { rows, deleted }: ReplyOf<'block'>): boolean {
  try {
    const { header, keys, deletedKeys } = readBlock(bytes);
    return header.rows === rows && header.deleted === deleted && isUtf8(keys.bytes) && isUtf8(deletedKeys.bytes);
  } catch {
    return false;
  }
}

/** Whether a converted block is still of the same rows: only values may be others. */
export function isConversionOf(block: Uint8Array, bytes: Uint8Array): boolean {
  try {
    const [before, after] = [readBlock(block), readBlock(bytes)];
    const sameRows = (['table', 'clear', 'rows', 'rowsInAll', 'deleted'] as const).every(
      (name) => before.header[name] === after.header[name],
    );
    return sameRows && sameTexts(before.keys, after.keys) && sameTexts(before.deletedKeys, after.deletedKeys);
  } catch {
    return false;
  }
}

function sameTexts(before: ReadBlock['keys'], after: ReadBlock['keys']): boolean {
  return Buffer.compare(before.bytes, after.bytes) === 0 && before.ends.every((end, row) => end === after.ends[row]);
}

/** Whether a store can take it. @param bytes a block. */
export const isForStore = (bytes: Uint8Array): boolean => unfitKeyOf(readBlock(bytes)) === undefined;

/** Bytes that are not UTF-8 are read as U+FFFD. Line ends stay where they were. */
export function wellFormed(lines: InputLines): InputLines {
  const { bytes } = lines;
  return isUtf8(bytes) ? lines : { ...lines, bytes: Buffer.from(Buffer.from(bytes).toString('utf8')) };
}

/** Newlines in `bytes`; -1 if something follows the last one. */
export function linesIn(bytes: Uint8Array): number {
  const newline = 10;
  let lines = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) lines += 1;
  return bytes.at(-1) === newline ? lines : -1;
}
