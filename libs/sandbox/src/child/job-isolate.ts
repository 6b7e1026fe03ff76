import type ivm from 'isolated-vm';
import type { TextNeeded } from '@tidemark/engine';
import type { Guest } from '../guest/guest.js';
import type { BlocksOf, Reply, Request } from '../messages.js';
import { FrameError } from '../frames.js';
import type { FrameBody } from './frame-input.js';
import type { GuestScript } from './guest-script.js';
import { SharedBytes } from './shared-bytes.js';
import { collectorOf, TextCollection } from './text-collection.js';

/** What isolated-vm says, to the letter. */
const TIMED_OUT = 'Script execution timed out.';
const OUT_OF_MEMORY: readonly string[] = [
  'Isolate was disposed during execution due to memory limit',
  'Array buffer allocation failed',
];

const GUEST_NAME = 'tidemark:guest';

/** isolated-vm takes no less. */
const MEMORY_MB_MIN = 8;

/** Bounds what the job may have put in the way of describing it. */
const DESCRIBE_MS = 1_000;

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
type Convert = Extract<Request, { type: 'convert' }>;
type Run = Extract<Request, { type: 'run' | 'look' }>;
/** What isolated-vm says of a script; its types do not. */
type Compiled = ivm.Script & Pick<ivm.CachedDataResult, 'cachedData'> & { readonly cachedDataRejected?: boolean };
type Body = Pick<FrameBody, 'readUpTo' | 'readAll'>;

interface FedSource {
  readonly uid: string;
  readonly text: TextNeeded;
}

/**
 * One job in one isolate. Strings and numbers cross, and bytes by two shared buffers; never an object of isolated-vm,
 * through which code inside could reach out.
 */
export class JobIsolate {
  /** Whether V8 took what was compiled of the guest before. */
  readonly isPrecompiled: boolean;
  private readonly isolate: ivm.Isolate;
  private readonly context: ivm.Context;
  private readonly guest: { readonly [F in keyof Guest]: ivm.Reference<Guest[F]> };
  private readonly input: SharedBytes;
  private readonly output: SharedBytes;
  private readonly texts: TextCollection;
  private sources: readonly FedSource[] = [];

  constructor(
    isolatedVm: typeof ivm,
    { code, compiled: cachedData }: GuestScript,
    readonly memoryMb: number,
  ) {
    this.isolate = new isolatedVm.Isolate({ memoryLimit: Math.max(memoryMb, MEMORY_MB_MIN) });
    this.context = this.isolate.createContextSync();
    const options = { filename: GUEST_NAME, ...(cachedData === undefined ? {} : { cachedData }) };
    const script: Compiled = this.isolate.compileScriptSync(code, options);
    this.isPrecompiled = cachedData !== undefined && script.cachedDataRejected !== true;
    script.runSync(this.context);
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
      definedNodes: reference('definedNodes'),
      restore: reference('restore'),
      convert: reference('convert'),
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
    const heapBytes = (): number => this.isolate.getHeapStatisticsSync().used_heap_size;
    this.texts = new TextCollection(collectorOf(this.isolate), heapBytes);
  }

  /** Call between two requests. */
  collectGarbage(): void {
    if (!this.isolate.isDisposed) this.texts.collectIfDue();
  }

  load(code: string, { deadlineMs, seed }: Load): Answer {
    let script: ivm.Script;
    try {
      script = this.isolate.compileScriptSync(code, { filename: 'bundle.js' });
    } catch (error) {
      return { header: notJavaScript(error) };
    }
    const deadline = new Deadline(deadlineMs);
    return this.guarded(() => {
      this.guest.seed.applySync(undefined, [seed]);
      deadline.count((timeout) => script.runSync(this.context, { timeout }) as unknown);
      const [header, sources] = deadline.count((timeout) =>
        this.guest.define.applySync(undefined, [], { timeout, result: { copy: true } }),
      ) as readonly unknown[];
      this.sources = JSON.parse(String(sources)) as readonly FedSource[];
      return { header: asHeader(header) };
    }, deadline);
  }

  /** The nodes of the loaded job with the texts of their functions, as JSON. */
  definedNodes(): string {
    return String(this.guest.definedNodes.applySync(undefined, [], { timeout: DESCRIBE_MS }));
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

  /** The block lies in the input. */
  convert({ uid, form, deadlineMs }: Convert, bytes: number): Answer {
    const deadline = new Deadline(deadlineMs);
    return this.guarded(
      () =>
        this.withBody(
          deadline.count((timeout) =>
            this.guest.convert.applySync(undefined, [uid, JSON.stringify(form), bytes], {
              timeout,
              result: { copy: true },
            }),
          ),
        ),
      deadline,
    );
  }

  /** The sources' bytes lie in the input, as for {@link run}. */
  look(request: Run, body: Body): Answer {
    const { batchId, batchTimeMs, seed } = request;
    const deadline = new Deadline(request.deadlineMs);
    return this.guarded(() => {
      this.guest.beginLook.applySync(undefined, [batchId, batchTimeMs, seed]);
      for (const { uid, text, from, to } of this.pieces(request, body)) {
        deadline.count((timeout) => this.guest.look.applySync(undefined, [uid, from, to, text], { timeout }));
      }
      return { header: asHeader(this.guest.endLook.applySync(undefined, [])) };
    }, deadline);
  }

  /** The sources' bytes come as the body, one after the other: the first ones are worked on while the others are sent. */
  run(request: Run, body: Body): Answer {
    const { batchId, batchTimeMs, seed } = request;
    const deadline = new Deadline(request.deadlineMs);
    return this.guarded(() => {
      const readAgain = request.sources.map(({ uid, readAgain = 0 }) => [uid, readAgain]);
      this.guest.begin.applySync(undefined, [batchId, batchTimeMs, seed, JSON.stringify(readAgain)]);
      for (const { uid, text, from, to } of this.pieces(request, body)) {
        const failure = deadline.count((timeout) =>
          this.guest.feed.applySync(undefined, [uid, from, to, text], { timeout }),
        );
        if (failure !== '') return { header: asHeader(failure) };
      }
      return this.withBody(
        deadline.count((timeout) => this.guest.end.applySync(undefined, [], { timeout, result: { copy: true } })),
      );
    }, deadline);
  }

  freeze(kind: 'full' | 'delta'): Answer {
    return this.guarded(() => ({ header: asHeader(this.guest.freeze.applySync(undefined, [kind])) }));
  }

  nextBlock(of: BlocksOf): Answer {
    return this.guarded(() =>
      this.withBody(this.guest.nextBlock.applySync(undefined, [of], { result: { copy: true } })),
    );
  }

  /** What V8 has compiled of the guest until now: of the same code it makes no second script in one isolate. */
  compiled(guestCode: string): Uint8Array {
    const options = { filename: GUEST_NAME, produceCachedData: true } as const;
    const { cachedData }: Compiled = this.isolate.compileScriptSync(guestCode, options);
    if (cachedData === undefined) throw new Error('V8 gave nothing of what it has compiled');
    return new Uint8Array(cachedData.copy());
  }

  dispose(): void {
    this.isolate.dispose();
  }

  /**
   * In the order of the graph; the host may have another one, and then what comes first is waited for. The room for the
   * body is the input.
   */
  private *pieces(request: Run, body: Body): Iterable<{ uid: string; text: string; from: number; to: number }> {
    const starts = new Map<string, readonly [number, number]>();
    let at = 0;
    for (const { uid, bytes } of request.sources) starts.set(uid, [at, (at += bytes)]);
    for (const { uid, text: needed } of this.sources) {
      const [start = 0, end = 0] = starts.get(uid) ?? [];
      body.readUpTo(Math.min(end, start + SAMPLE_BYTES));
      const given = needed === 'latin1' && this.hasShortLines(start, end) ? 'none' : needed;
      for (let from = start; from < end;) {
        const to = this.endOfPiece(from, end, body);
        const text = given === 'none' ? '' : this.input.bytes.toString(given, from, to);
        this.texts.add(text.length);
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

  /** Behind a newline; what is before it has been read. */
  private endOfPiece(from: number, end: number, body: Body): number {
    body.readUpTo(Math.min(end, from + PIECE_BYTES));
    if (end - from <= PIECE_BYTES) return end;
    const { bytes } = this.input;
    const before = bytes.lastIndexOf(NEWLINE, from + PIECE_BYTES - 1);
    if (before >= from) return before + 1;
    body.readUpTo(end);
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

  private guarded(call: () => Answer, deadline = new Deadline(Infinity)): Answer {
    try {
      return call();
    } catch (error) {
      // The host is gone, or speaks nonsense: nothing that the job did.
      if (error instanceof FrameError) throw error;
      // The job's code can throw the same words, but not this late: then it is stopped.
      const { isOver: isOverDeadline } = deadline;
      return { header: whyItEnded(error, { isOverDeadline, isDisposed: this.isolate.isDisposed }) };
    }
  }
}

/** Counts the time that the job's code takes, and not the time for which it waits for input. */
class Deadline {
  private spentMs = 0;

  constructor(private readonly ms: number) {}

  get isOver(): boolean {
    return this.spentMs >= this.ms;
  }

  /** Runs `call` with the time that is left. */
  count<T>(call: (timeoutMs: number) => T): T {
    const startedMs = performance.now();
    try {
      return call(Math.max(1, Math.ceil(this.ms - this.spentMs)));
    } finally {
      this.spentMs += performance.now() - startedMs;
    }
  }
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
