import { setFlagsFromString } from 'node:v8';
import type ivm from 'isolated-vm';

/** Characters of text that are worth a collection: so many, and so many for each byte of the heap that is gone through for it. */
const CHARS_MIN = 1024 * 1024;
const CHARS_PER_HEAP_BYTE = 0.25;
/** After a collection, at least so many times as long is none: two percent of the time at most. */
const REST = 50;

/**
 * Says when an isolate is to collect its garbage because of the text that it was given. Such text lies outside the
 * isolate's heap, and a small object holds it that only a full collection looks at: to V8 there is no reason for one, and
 * the text of hours would stay until the isolate is at its memory limit.
 */
export class TextCollection {
  private chars = 0;
  private notBeforeMs = -Infinity;

  constructor(
    private readonly collect: () => void,
    private readonly heapBytes: () => number,
    private readonly elapsedMs = () => performance.now(),
  ) {}

  /** Call with the length of each text that the isolate is given. */
  add(chars: number): void {
    this.chars += chars;
  }

  /** Call where nobody waits for an answer. */
  collectIfDue(): void {
    if (this.chars < CHARS_MIN) return;
    const beganMs = this.elapsedMs();
    if (beganMs < this.notBeforeMs || this.chars < CHARS_PER_HEAP_BYTE * this.heapBytes()) return;
    this.chars = 0;
    this.collect();
    const endedMs = this.elapsedMs();
    this.notBeforeMs = endedMs + REST * (endedMs - beganMs);
  }
}

/** What collects all garbage of an isolate. Only a context that is made under V8's flag has it, so the job's does not. */
export function collectorOf(isolate: ivm.Isolate): () => void {
  setFlagsFromString('--expose-gc');
  const context = isolate.createContextSync();
  setFlagsFromString('--no-expose-gc');
  const collect = context.global.getSync('gc', { reference: true }) as ivm.Reference<() => void>;
  context.release();
  return () => {
    collect.applySync();
  };
}
