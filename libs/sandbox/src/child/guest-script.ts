import { readFileSync } from 'node:fs';
import type ivm from 'isolated-vm';

/** What an isolate is set up with. */
export interface GuestScript {
  readonly code: string;
  /** What V8 has made of the code at build time; undefined if that belongs to other code. */
  readonly compiled: ivm.ExternalCopy<ArrayBuffer> | undefined;
}

/** Both files begin with this line, in which the code's hash stands: V8 itself compares no more than lengths. */
const FIRST_LINE_END = '\n';

/** Reads a script, and what lies compiled beside it. */
export function readGuest(isolatedVm: typeof ivm, path: string): GuestScript {
  const code = readFileSync(path, 'utf8');
  const stored = readFileSync(compiledPathOf(path));
  const firstLine = firstLineOf(code);
  if (stored.toString('latin1', 0, firstLine.length) !== firstLine) return { code, compiled: undefined };
  const bytes = Uint8Array.from(stored.subarray(firstLine.length));
  return { code, compiled: new isolatedVm.ExternalCopy(bytes.buffer) };
}

/** The contents of the file beside the script. */
export const compiledFile = (code: string, compiled: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(firstLineOf(code), 'latin1'), compiled]);

const firstLineOf = (code: string): string => code.slice(0, code.indexOf(FIRST_LINE_END) + 1);

const compiledPathOf = (path: string): string => path.replace(/\.js$/, '.compiled');
