import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type ivm from 'isolated-vm';
import type { TraceLogic } from '../logic/logic.js';
import type { ReplyOf } from '../messages.js';

interface Traced {
  /** Path of what is run in the isolate. Read here and not at start: a process that only runs a job has no use for it. */
  readonly script: string;
  readonly code: string;
  /** JSON of the definition's nodes. */
  readonly nodes: string;
  readonly deadlineMs: number;
}

const MEMORY_MB = 256;

/** Of the normal form. A change of it, or of the minifier's version or options, raises this: hashes of two are not compared. */
const VERSION = 1;

/** The hash of what each operator does. Empty if the bundle cannot be traced within its bounds: then all are unknown. */
export function hashLogic(isolatedVm: typeof ivm, { script, code, nodes, deadlineMs }: Traced): ReplyOf<'logic'> {
  const isolate = new isolatedVm.Isolate({ memoryLimit: MEMORY_MB });
  try {
    const context = isolate.createContextSync();
    isolate.compileScriptSync(readFileSync(script, 'utf8'), { filename: 'tidemark:logic' }).runSync(context);
    const global = context.global as unknown as ivm.Reference<{ tidemarkLogic: TraceLogic }>;
    const trace = global.getSync('tidemarkLogic', { reference: true });
    const traced = JSON.parse(trace.applySync(undefined, [code, nodes], { timeout: deadlineMs })) as object;
    const hashes = Object.entries(traced).map(([uid, text]) => [uid, hashOf(String(text))] as const);
    return { type: 'logic', hashes: Object.fromEntries(hashes) };
  } catch {
    return { type: 'logic', hashes: {} };
  } finally {
    if (!isolate.isDisposed) isolate.dispose();
  }
}

const hashOf = (text: string): string => `${VERSION}:${createHash('sha256').update(text).digest('hex')}`;
