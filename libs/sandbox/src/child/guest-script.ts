import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type ivm from 'isolated-vm';

/** What an isolate is set up with. */
export interface GuestScript {
  readonly code: string;
  /** What V8 has made of the code at build time; undefined if that belongs to other code, or is not as it was written. */
  readonly compiled: ivm.ExternalCopy<ArrayBuffer> | undefined;
}

/** Reads a script, and what lies compiled beside it. */
export function readGuest(isolatedVm: typeof ivm, path: string): GuestScript {
  const code = readFileSync(path, 'utf8');
  const compiled = bytesOf(readFileSync(path.replace(/\.js$/, '.compiled')), code);
  return { code, compiled: compiled && new isolatedVm.ExternalCopy(compiled.buffer) };
}

/**
 * The contents of the file beside the script: the script's first line, in which its hash stands, then a line with the hash of what
 * follows. V8 itself compares no more than the length of the script, and no bytes of what it is to run.
 */
export const compiledFile = (code: string, compiled: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(headOf(code, compiled), 'latin1'), compiled]);

function bytesOf(file: Buffer, code: string): Uint8Array<ArrayBuffer> | undefined {
  const compiled = Uint8Array.from(file.subarray(headOf(code, new Uint8Array(0)).length));
  const head = headOf(code, compiled);
  return file.toString('latin1', 0, head.length) === head ? compiled : undefined;
}

const headOf = (code: string, compiled: Uint8Array): string =>
  `${code.slice(0, code.indexOf('\n'))}\n${createHash('sha256').update(compiled).digest('hex')}\n`;
