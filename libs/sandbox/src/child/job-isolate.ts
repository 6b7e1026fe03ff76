import type ivm from 'isolated-vm';
import type { Guest } from '../guest/guest.js';
import type { Reply, Request } from '../messages.js';

/** What isolated-vm says, to the letter. */
const TIMED_OUT = 'Script execution timed out.';
const OUT_OF_MEMORY: readonly string[] = [
  'Isolate was disposed during execution due to memory limit',
  'Array buffer allocation failed',
];

/** isolated-vm takes no less. */
const MEMORY_MB_MIN = 8;

type Answer = readonly [header: object, texts?: readonly string[]];
type Load = Extract<Request, { type: 'load' }>;
type Run = Extract<Request, { type: 'run' }>;

/**
 * One job in one isolate. Only strings and arrays of strings cross; never an object of isolated-vm, through which code
 * inside could reach out.
 */
export class JobIsolate {
  private readonly isolate: ivm.Isolate;
  private readonly context: ivm.Context;
  private readonly guest: { readonly [F in keyof Guest]: ivm.Reference<Guest[F]> };

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
      seed: reference('seed'),
      define: reference('define'),
      restore: reference('restore'),
      run: reference('run'),
      startSnapshot: reference('startSnapshot'),
      nextRows: reference('nextRows'),
    };
  }

  load(code: string, { deadlineMs, seed }: Load): Answer {
    let script: ivm.Script;
    try {
      script = this.isolate.compileScriptSync(code, { filename: 'bundle.js' });
    } catch (error) {
      return [notJavaScript(error)];
    }
    return this.guarded(() => {
      this.guest.seed.applySync(undefined, [seed]);
      script.runSync(this.context, { timeout: deadlineMs });
      return [asHeader(this.guest.define.applySync(undefined, [], { timeout: deadlineMs }))];
    }, deadlineMs);
  }

  restore(uid: string, rows: string): Answer {
    return this.guarded(() => [asHeader(this.guest.restore.applySync(undefined, [uid, rows]))]);
  }

  run(request: Run, texts: readonly string[]): Answer {
    return this.guarded(() => {
      const options = { timeout: request.deadlineMs, result: { copy: true } } as const;
      return asAnswer(this.guest.run.applySync(undefined, [JSON.stringify(request), ...texts], options));
    }, request.deadlineMs);
  }

  /** Rows in pieces, then `end`. */
  *snapshot(): Iterable<Answer> {
    this.guest.startSnapshot.applySync(undefined, []);
    for (;;) {
      const answer = this.guarded(() =>
        asAnswer(this.guest.nextRows.applySync(undefined, [], { result: { copy: true } })),
      );
      yield answer;
      if ((answer[0] as { readonly type?: unknown }).type !== 'rows') return;
    }
  }

  dispose(): void {
    this.isolate.dispose();
  }

  private guarded(call: () => Answer, deadlineMs = Infinity): Answer {
    const startedMs = performance.now();
    try {
      return call();
    } catch (error) {
      // The job's code can throw the same words, but not this late: then it is stopped.
      const isOverDeadline = performance.now() - startedMs >= deadlineMs;
      return [whyItEnded(error, { isOverDeadline, isDisposed: this.isolate.isDisposed })];
    }
  }
}

function asHeader(text: unknown): object {
  return JSON.parse(String(text)) as object;
}

function asAnswer(parts: unknown): Answer {
  const [header, ...texts] = parts as readonly unknown[];
  return [asHeader(header), texts.map(String)];
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
