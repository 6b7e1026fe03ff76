import type ivm from 'isolated-vm';
import type { TextNeeded } from '@tidemark/engine';
import type { Guest } from '../guest/guest.js';
import type { BlocksOf, Reply, Request } from '../messages.js';
import { SharedBytes } from './shared-bytes.js';

/** What isolated-vm says, to the letter. */
const TIMED_OUT = 'Script execution timed out.';
const OUT_OF_MEMORY: readonly string[] = [
  'Isolate was disposed during execution due to memory limit',
  'Array buffer allocation failed',
];

/** isolated-vm takes no less. */
const MEMORY_MB_MIN = 8;

/**
 * A loop gets its input in pieces of about this many bytes: longer strings are slow to pass, and V8 makes better code for
 * a function that is called again than for one that it has to exchange in the middle of a loop.
 */
const PIECE_BYTES = 512 * 1024;
const NEWLINE = 10;

/** Of how much input the length of lines is judged by, and what counts as short. */
const SAMPLE_BYTES = 4_096;
const SHORT_LINE_BYTES = 256;

export interface Answer {
  readonly header: object;
  readonly body?: Uint8Array;
}
type Load = Extract<Request, { type: 'load' }>;
type Run = Extract<Request, { type: 'run' | 'look' }>;

interface FedSource {
  readonly uid: string;
  readonly text: TextNeeded;
}

/**
 * One job in one isolate. Strings and numbers cross, and bytes by two shared buffers; never an object of isolated-vm,
 * through which code inside could reach out.
 */
export class JobIsolate {
  private readonly isolate: ivm.Isolate;
  private readonly context: ivm.Context;
  private readonly guest: { readonly [F in keyof Guest]: ivm.Reference<Guest[F]> };
  private readonly input: SharedBytes;
  private readonly output: SharedBytes;
  private sources: readonly FedSource[] = [];

  constructor(isolatedVm: typeof ivm, guestCode: string, memoryMb: number) {
    this.isolate = new isolatedVm.Isolate({ memoryLimit: Math.max(memoryMb, MEMORY_MB_MIN) });
    this.context = this.isolate.createContextSync();
    this.isolate.compileScriptSync(guestCode, { filename: 'tidemark:guest' }).runSync(this.context);
    const global = this.context.global as unknown as ivm.Reference<{ tidemarkGuest: Guest }>;
    const guest = global.getSync('tidemarkGuest', { reference: true });
    global.deleteSync('tidemarkGuest');
    const reference = <F extends keyof Guest>(name: F): ivm.Reference<Guest[F]> =>
      guest.getSync(name, { reference: true });
    this.guest = {
      attachInput: reference('attachInput'),
      attachOutput: reference('attachOutput'),
      seed: reference('seed'),
      define: reference('define'),
      restore: reference('restore'),
      rows: reference('rows'),
      elsewhere: reference('elsewhere'),
      beginLook: reference('beginLook'),
      look: reference('look'),
      endLook: reference('endLook'),
      begin: reference('begin'),
      feed: reference('feed'),
      end: reference('end'),
      freeze: reference('freeze'),
      nextBlock: reference('nextBlock'),
    };
    const share = (buffer: SharedArrayBuffer) => new isolatedVm.ExternalCopy(buffer).copyInto() as never;
    this.input = new SharedBytes((buffer) => this.guest.attachInput.applySync(undefined, [share(buffer)]));
    this.output = new SharedBytes((buffer) => this.guest.attachOutput.applySync(undefined, [share(buffer)]));
  }

  load(code: string, { deadlineMs, seed }: Load): Answer {
    let script: ivm.Script;
    try {
      script = this.isolate.compileScriptSync(code, { filename: 'bundle.js' });
    } catch (error) {
      return { header: notJavaScript(error) };
    }
    return this.guarded(() => {
      this.guest.seed.applySync(undefined, [seed]);
      script.runSync(this.context, { timeout: deadlineMs });
      const [header, sources] = this.guest.define.applySync(undefined, [], {
        timeout: deadlineMs,
        result: { copy: true },
      }) as readonly unknown[];
      this.sources = JSON.parse(String(sources)) as readonly FedSource[];
      return { header: asHeader(header) };
    }, deadlineMs);
  }

  /** Where a request's body is to be read into. */
  room(bytes: number): Buffer {
    return this.input.room(bytes);
  }

  /** The block lies in the input. */
  restore(uid: string, bytes: number): Answer {
    return this.guarded(() => ({ header: asHeader(this.guest.restore.applySync(undefined, [uid, bytes])) }));
  }

  /** The rows lie in the input. */
  rows(uid: string, bytes: number): Answer {
    return this.guarded(() => ({ header: asHeader(this.guest.rows.applySync(undefined, [uid, bytes])) }));
  }

  elsewhere(uid: string, rows: number): Answer {
    return this.guarded(() => ({ header: asHeader(this.guest.elsewhere.applySync(undefined, [uid, rows])) }));
  }

  /** The sources' bytes lie in the input, as for {@link run}. */
  look(request: Run): Answer {
    const { batchId, batchTimeMs, seed, deadlineMs } = request;
    const timeout = timeLeft(deadlineMs);
    return this.guarded(() => {
      this.guest.beginLook.applySync(undefined, [batchId, batchTimeMs, seed]);
      for (const { uid, text, from, to } of this.pieces(request)) {
        this.guest.look.applySync(undefined, [uid, from, to, text], { timeout: timeout() });
      }
      return { header: asHeader(this.guest.endLook.applySync(undefined, [])) };
    }, deadlineMs);
  }

  /** The sources' bytes lie in the input, one after the other. */
  run(request: Run): Answer {
    const { batchId, batchTimeMs, seed, deadlineMs } = request;
    const timeout = timeLeft(deadlineMs);
    return this.guarded(() => {
      this.guest.begin.applySync(undefined, [batchId, batchTimeMs, seed]);
      for (const { uid, text, from, to } of this.pieces(request)) {
        const failure = this.guest.feed.applySync(undefined, [uid, from, to, text], { timeout: timeout() });
        if (failure !== '') return { header: asHeader(failure) };
      }
      return this.withBody(this.guest.end.applySync(undefined, [], { timeout: timeout(), result: { copy: true } }));
    }, deadlineMs);
  }

  freeze(kind: 'full' | 'delta'): Answer {
    return this.guarded(() => ({ header: asHeader(this.guest.freeze.applySync(undefined, [kind])) }));
  }

  nextBlock(of: BlocksOf): Answer {
    return this.guarded(() =>
      this.withBody(this.guest.nextBlock.applySync(undefined, [of], { result: { copy: true } })),
    );
  }

  dispose(): void {
    this.isolate.dispose();
  }

  /** In the order of the graph, not in the host's. */
  private *pieces(request: Run): Iterable<{ uid: string; text: string; from: number; to: number }> {
    const starts = new Map<string, readonly [number, number]>();
    let at = 0;
    for (const { uid, bytes } of request.sources) starts.set(uid, [at, (at += bytes)]);
    for (const { uid, text: needed } of this.sources) {
      const [start = 0, end = 0] = starts.get(uid) ?? [];
      const given = needed === 'latin1' && this.hasShortLines(start, end) ? 'none' : needed;
      for (let from = start; from < end;) {
        const to = this.endOfPiece(from, end);
        const text = given === 'none' ? '' : this.input.bytes.toString(given, from, to);
        yield { uid, text, from, to };
        from = to;
      }
    }
  }

  /** Whether lines are so short that making their strings from bytes is cheaper than passing text to cut them from. */
  private hasShortLines(start: number, end: number): boolean {
    const sample = this.input.bytes.subarray(start, Math.min(end, start + SAMPLE_BYTES));
    let lines = 0;
    for (const byte of sample) if (byte === NEWLINE) lines += 1;
    return lines * SHORT_LINE_BYTES > sample.length;
  }

  /** Behind a newline. */
  private endOfPiece(from: number, end: number): number {
    if (end - from <= PIECE_BYTES) return end;
    const { bytes } = this.input;
    const before = bytes.lastIndexOf(NEWLINE, from + PIECE_BYTES - 1);
    if (before >= from) return before + 1;
    const after = bytes.indexOf(NEWLINE, from);
    return after === -1 || after >= end ? end : after + 1;
  }

  private withBody(answer: unknown): Answer {
    const [header, bytes] = answer as readonly unknown[];
    const length = Number(bytes);
    // The output waits inside until there is room for it.
    if (length > this.output.bytes.length) this.output.room(length);
    return { header: asHeader(header), body: this.output.bytes.subarray(0, length) };
  }

  private guarded(call: () => Answer, deadlineMs = Infinity): Answer {
    const startedMs = performance.now();
    try {
      return call();
    } catch (error) {
      // The job's code can throw the same words, but not this late: then it is stopped.
      const isOverDeadline = performance.now() - startedMs >= deadlineMs;
      return { header: whyItEnded(error, { isOverDeadline, isDisposed: this.isolate.isDisposed }) };
    }
  }
}

function timeLeft(deadlineMs: number): () => number {
  const startedMs = performance.now();
  return () => Math.max(1, Math.ceil(deadlineMs - (performance.now() - startedMs)));
}

function asHeader(text: unknown): object {
  return JSON.parse(String(text)) as object;
}

function whyItEnded(
  error: unknown,
  { isOverDeadline, isDisposed }: { readonly isOverDeadline: boolean; readonly isDisposed: boolean },
): Reply {
  const { message, stack } = messageOf(error);
  if (isOverDeadline && message === TIMED_OUT) return { type: 'over_deadline' };
  if (isDisposed || OUT_OF_MEMORY.includes(message)) return { type: 'over_memory' };
  return {
    type: 'threw',
    reason: message.slice(0, 2_000),
    ...(stack === undefined ? {} : { stack: stack.slice(0, 8_000) }),
  };
}

/** isolated-vm ends the message of a syntax error with its place: `… [bundle.js:3:7]`. */
function notJavaScript(error: unknown): Reply {
  const { message } = messageOf(error);
  const [, reason = message, at = 'bundle.js:1:1'] = /^(.*?)\s*\[(bundle\.js:\d+:\d+)\]$/s.exec(message) ?? [];
  return { type: 'not_javascript', reason: reason.slice(0, 2_000), at };
}

function messageOf(error: unknown): { readonly message: string; readonly stack: string | undefined } {
  if (!(error instanceof Error)) return { message: `threw ${String(error)}`, stack: undefined };
  const { message, stack } = error;
  return { message: String(message), stack: typeof stack === 'string' ? stack : undefined };
}
