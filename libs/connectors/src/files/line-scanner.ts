import type { FileHandle } from 'node:fs/promises';

/** A line, without its newline, may not be longer. */
export const LINE_BYTES_MAX = 1024 * 1024;

const BLOCK_BYTES = 64 * 1024;
/** Of a long read: each block is a wait for the disk. */
const BLOCK_BYTES_MAX = 1024 * 1024;
const NEWLINE = 10;

export interface LineBudget {
  readonly records: number;
  readonly bytes: number;
  /** Whether the first line is taken even if it alone exceeds `bytes`; without that a long line would block for ever. */
  readonly atLeastOne: boolean;
}

export type TakenLines =
  | { readonly outcome: 'taken'; readonly records: number; readonly bytes: Buffer; readonly budgetSpent: boolean }
  /** The line that begins at this position is longer than LINE_BYTES_MAX. */
  | { readonly outcome: 'line_too_long'; readonly at: number };

/** Reads whole lines from `from` on, as far as the budget and the file go. What follows the last newline is left. */
export async function takeLines(file: FileHandle, from: number, budget: LineBudget): Promise<TakenLines> {
  const blocks: Buffer[] = [];
  let scanned = 0;
  let taken = 0;
  let records = 0;
  let budgetSpent = budget.records <= 0;
  while (!budgetSpent) {
    const block = await readBlock(file, from + scanned, Math.min(BLOCK_BYTES_MAX, Math.max(BLOCK_BYTES, 2 * scanned)));
    if (block.length === 0) break;
    blocks.push(block);
    for (let end = block.indexOf(NEWLINE); end !== -1; end = block.indexOf(NEWLINE, end + 1)) {
      const lineEnd = scanned + end + 1;
      if (lineEnd - taken > LINE_BYTES_MAX + 1) return { outcome: 'line_too_long', at: from + taken };
      if (lineEnd > budget.bytes && !(budget.atLeastOne && records === 0)) {
        budgetSpent = true;
        break;
      }
      taken = lineEnd;
      records += 1;
      if (records === budget.records) {
        budgetSpent = true;
        break;
      }
    }
    scanned += block.length;
    if (!budgetSpent && scanned - taken > LINE_BYTES_MAX) return { outcome: 'line_too_long', at: from + taken };
  }
  return { outcome: 'taken', records, bytes: Buffer.concat(blocks).subarray(0, taken), budgetSpent };
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

async function readBlock(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, from);
  return buffer.subarray(0, bytesRead);
}
