// What a file is recognised by, whatever it is called. Goes with an offset in it, as one text:
//
//   1/<inode>/<born, ms>/<size seen>/<head>/<tail>
//
// `head` is a hash of the first bytes and `tail` of the last ones before the offset, at most 1 KiB each: of a file up to
// 2 KiB that is all that was read. They decide whether a file is the one that was read: a copy that was put back in its
// place is, a new file of the same name is not. Inode and birth decide whether a file of another name is a renamed one.
// The size tells how much there was when the file was last looked at, for the case that it is gone. Where the job has gone
// back, what it knew of the file before follows (libs/domain/src/batch/known-since.ts).
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { readExactly } from './line-scanner.js';

const VERSION = '1';
const WINDOW_BYTES = 1024;
const HASH_DIGITS = 12;
const NEWLINE = 10;

export interface FileIdentity {
  /** Inode and birth: the same for a file whatever it is called. */
  readonly onDisk: string;
  readonly seen: number;
  readonly head: string;
  readonly tail: string;
}

/** The bytes that tell a file apart at an offset. */
export interface Surroundings {
  readonly offset: number;
  /** The first bytes, none after the offset. */
  readonly head: Buffer;
  /** The last ones before the offset. */
  readonly tail: Buffer;
}

/** Undefined if the file does not reach to the offset. */
export async function surroundingsOf(file: FileHandle, offset: number): Promise<Surroundings | undefined> {
  const length = Math.min(offset, WINDOW_BYTES);
  const head = await readExactly(file, 0, length);
  const tail = offset <= WINDOW_BYTES ? head : await readExactly(file, offset - length, length);
  return head === undefined || tail === undefined ? undefined : { offset, head, tail };
}

/** The surroundings of the offset after `bytes`, which follow on `before`. Copies what it keeps. */
export function surroundingsAfter({ offset, head, tail }: Surroundings, bytes: Uint8Array): Surroundings {
  const last = bytes.subarray(Math.max(0, bytes.length - WINDOW_BYTES));
  return {
    offset: offset + bytes.length,
    head: Buffer.concat([head, bytes.subarray(0, WINDOW_BYTES - head.length)]),
    tail: Buffer.concat([tail, last]).subarray(-WINDOW_BYTES),
  };
}

export async function identityOf(file: FileHandle, { head, tail }: Surroundings, seen: number): Promise<string> {
  return [VERSION, await onDiskOf(file), seen, hashOf(head), hashOf(tail)].join('/');
}

/** Undefined for one that this build does not know: then nothing is known of the file. */
export function parseIdentity(text: string): FileIdentity | undefined {
  const [version, inode, bornMs, seen, head, tail] = text.split('/');
  if (version !== VERSION || inode === undefined || bornMs === undefined || head === undefined || tail === undefined)
    return undefined;
  return { onDisk: `${inode}/${bornMs}`, seen: Number(seen), head, tail };
}

/** Whether what was read up to the offset stands before it. */
export const fits = ({ head, tail }: Surroundings, known: FileIdentity): boolean =>
  hashOf(head) === known.head && hashOf(tail) === known.tail;

export const beginsAs = ({ head }: Surroundings, known: FileIdentity): boolean => hashOf(head) === known.head;

export async function onDiskOf(file: FileHandle): Promise<string> {
  const { ino, birthtimeMs } = await file.stat({ bigint: true });
  return `${ino}/${birthtimeMs}`;
}

/** Offsets lie behind a newline, or at the beginning. */
export const isBehindNewline = ({ offset, tail }: Surroundings): boolean => offset === 0 || tail.at(-1) === NEWLINE;

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, HASH_DIGITS);
