import type { FileHandle } from 'node:fs/promises';
import type { ReadBuffers } from '../read-buffers.js';

/** A line, without its newline, may not be longer. */
export const LINE_BYTES_MAX = 1024 * 1024;

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 10;

export interface LineBudget {
  readonly records: number;
  readonly bytes: number;
  /** Whether the first line is taken even if it alone exceeds `bytes`; without that a long line would block for ever. */
  readonly atLeastOne: boolean;
}

export type TakenLines =
  /** `records` is how many there are at least, and how many where the budget counts them. */
  | {
      readonly outcome: 'taken';
      readonly records: number;
      readonly bytes: Buffer;
      readonly budgetSpent: boolean;
      /** What `bytes` is a part of, to be given back. */
      readonly room: Buffer;
    }
  /** The line that begins at this position is longer than LINE_BYTES_MAX. */
  | { readonly outcome: 'line_too_long'; readonly at: number };

/**
 * Reads whole lines from `from` on, as far as the budget and the file go. What follows the last newline is left.
 *
 * @param there about how many bytes the file has from there on
 */
export async function takeLines(
  file: FileHandle,
  from: number,
  { budget, there, buffers }: { readonly budget: LineBudget; readonly there: number; readonly buffers: ReadBuffers },
): Promise<TakenLines> {
  const isCounting = budget.records !== Infinity;
  const bytesMax = Math.max(0, budget.bytes);
  const expected = isCounting ? BLOCK_BYTES : Math.min(there, bytesMax + BLOCK_BYTES);
  // One byte more, to see the end of the file without a larger buffer.
  let bytes = buffers.take(expected + 1);
  let filled = 0;
  let taken = 0;
  let records = 0;
  let budgetSpent = budget.records <= 0;
  while (!budgetSpent) {
    if (filled === bytes.length) bytes = Buffer.concat([bytes], 2 * filled);
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
    while (!budgetSpent) {
      const allowed = bytes.subarray(taken, Math.min(filled, bytesMax, taken + LINE_BYTES_MAX + 1));
      const newline = isCounting ? allowed.indexOf(NEWLINE) : allowed.lastIndexOf(NEWLINE);
      if (newline !== -1) {
        taken += newline + 1;
        records += 1;
        budgetSpent = records === budget.records;
        continue;
      }
      // The next line is not whole yet, or too long for what is left of the budget, or for any.
      const length = bytes.subarray(taken, filled).indexOf(NEWLINE);
      if ((length === -1 ? filled - taken : length) > LINE_BYTES_MAX) {
        return { outcome: 'line_too_long', at: from + taken };
      }
      if (length === -1) break;
      if (budget.atLeastOne && taken === 0) {
        taken = length + 1;
        records += 1;
      }
      budgetSpent = true;
    }
  }
  return { outcome: 'taken', records, bytes: bytes.subarray(0, taken), budgetSpent, room: bytes };
}

/** The position after the last newline between `from` and `size`, or `from` if there is none. */
export async function endOfLastLine(
  file: FileHandle,
  { from, size }: { readonly from: number; readonly size: number },
): Promise<number> {
  for (let end = size; end > from; end -= BLOCK_BYTES) {
    const start = Math.max(from, end - BLOCK_BYTES);
    const block = await readExactly(file, start, end - start);
    const newline = block?.lastIndexOf(NEWLINE) ?? -1;
    if (newline !== -1) return start + newline + 1;
  }
  return from;
}

/** The position after the first newline from `from` on, or the end of the file if there is none. */
export async function endOfLine(file: FileHandle, from: number): Promise<number> {
  for (let at = from; ;) {
    const block = await readBlock(file, at);
    const newline = block.indexOf(NEWLINE);
    if (newline !== -1) return at + newline + 1;
    if (block.length === 0) return at;
    at += block.length;
  }
}

/** Newlines between two positions. */
export async function countLines(file: FileHandle, from: number, to: number): Promise<number> {
  let lines = 0;
  for (let at = from; at < to;) {
    const block = (await readBlock(file, at)).subarray(0, to - at);
    if (block.length === 0) break;
    for (let newline = block.indexOf(NEWLINE); newline !== -1; newline = block.indexOf(NEWLINE, newline + 1))
      lines += 1;
    at += block.length;
  }
  return lines;
}

async function readBlock(file: FileHandle, from: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, from);
  return block.subarray(0, bytesRead);
}

/** Exactly `length` bytes, or undefined if the file ends before. */
export async function readExactly(file: FileHandle, from: number, length: number): Promise<Buffer | undefined> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, from + filled);
    if (bytesRead === 0) return undefined;
    filled += bytesRead;
  }
  return bytes;
}
