import { isTidemarkError, TidemarkError } from '@tidemark/domain';
import { printable } from '@tidemark/engine';
import { encodeFrame, FrameError, FrameReader, type Frame } from '../frames.js';
import { replySchema, type Reply, type Request } from '../messages.js';
import type { Launched, Launcher } from '../os/launcher.js';
import { residentBytes } from '../os/process-memory.js';

export interface Answer {
  readonly reply: Reply;
  readonly body: Buffer;
}

/** The bounds of one request. */
export interface RequestBounds {
  /** Wall-clock time after which the process is killed if it has not ended the request itself. */
  readonly killAfterMs: number;
  readonly memoryMb: number;
  readonly overDeadline: () => TidemarkError;
  readonly overMemory: () => TidemarkError;
}

interface Waiting {
  readonly bounds: RequestBounds;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: TidemarkError) => void;
  readonly timers: readonly NodeJS.Timeout[];
}

/** Room beside the job's own memory, for Node and for a batch's input and output on their way. */
const HEADROOM_BYTES = 160 * 1024 * 1024;
const MEMORY_LOOK_MS = 10;
/** How V8 ends a process that it gives up: SIGILL, SIGTRAP, SIGABRT, by name or as a shell tells them. */
const GIVEN_UP: readonly (number | string | null)[] = ['SIGILL', 'SIGTRAP', 'SIGABRT', 132, 133, 134];
/**
 * The same behind bubblewrap, where the process is the first of its namespace and SIGABRT cannot end it. A crash looks
 * the same, so what it had grown to must speak for it.
 */
const GIVEN_UP_OR_CRASHED = 139;
const COLLECT_MS = 1_000;
const STDERR_CHARS_MAX = 4_000;
const REASON_CHARS_MAX = 300;

/**
 * One sandbox process, seen from the trusted side. Everything that comes out of it is suspect: what is not a reply that
 * was asked for ends it. Its owner sends one request at a time.
 */
export class SandboxProcess {
  /** Why the process ended, once it has, unless `kill` was called before. */
  readonly lost: Promise<TidemarkError>;
  /** Resolves when the process is no more, however it ended. */
  readonly gone: Promise<void>;
  /** Whether its V8 took what was compiled of the guest when that was built. */
  isPrecompiled = false;
  private readonly reader = new FrameReader();
  private waiting: Waiting | undefined;
  private end: TidemarkError | 'killed' | undefined;
  private stderr = '';
  private memoryPeak = 0;
  private resolveLost: (error: TidemarkError) => void = () => undefined;

  private constructor(
    private readonly launched: Launched,
    private readonly reportedPid: { value: number },
  ) {
    this.lost = new Promise((resolve) => (this.resolveLost = resolve));
    const { child, stdin, stdout, stderr } = launched;
    stdout.on('data', (bytes: Buffer) => {
      this.receive(bytes);
    });
    stderr.on('data', (bytes: Buffer) => {
      this.stderr = (this.stderr + bytes.toString('latin1')).slice(-STDERR_CHARS_MAX);
    });
    // A process that ends while it is written to or read from is reported by its exit.
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => undefined);
    this.gone = new Promise((resolve) => {
      child.on('error', (error) => {
        this.fail(new TidemarkError('sandbox_lost', { reason: `it could not be started: ${error.message}` }));
        if (child.pid === undefined) resolve();
      });
      child.on('close', (code, signal) => {
        this.fail(this.whyItExited(code, signal));
        resolve();
      });
    });
  }

  /**
   * Resolves when the process is ready for its first request. Throws `sandbox_lost` if it does not come up.
   *
   * @param onLaunched gets the process as soon as there is one, to be able to end it before it is ready
   */
  static async start(
    launcher: Pick<Launcher, 'launch'>,
    onLaunched: (process: SandboxProcess) => void = () => undefined,
  ): Promise<SandboxProcess> {
    const launched = launcher.launch('child');
    const reportedPid = { value: 0 };
    const process = new SandboxProcess(launched, reportedPid);
    onLaunched(process);
    const bounds = { killAfterMs: 20_000, memoryMb: 64, overDeadline: tooSlow, overMemory: tooSlow };
    const knowPid = launched.pid.then((pid) => (reportedPid.value = pid));
    const [{ reply }] = await Promise.all([process.exchange(bounds, []), knowPid]);
    if (reply.type !== 'ready') {
      const error = nonsense(`it said ${reply.type} instead of being ready`);
      process.fail(error);
      throw error;
    }
    process.isPrecompiled = reply.precompiled;
    return process;
  }

  /** Of the process that runs the code. */
  get pid(): number {
    return this.reportedPid.value;
  }

  get isAlive(): boolean {
    return this.end === undefined;
  }

  /** Asks and waits for the one reply. Throws why the process ended, if it did. */
  ask(request: Request, body: readonly Uint8Array[], bounds: RequestBounds): Promise<Answer> {
    return this.exchange(bounds, encodeFrame(request, body));
  }

  /** Ends the process at once, and for good. Safe to call at any time. */
  kill(): void {
    this.end ??= 'killed';
    this.killProcesses();
    this.settle(new TidemarkError('sandbox_lost', { reason: 'it was stopped' }));
  }

  /** Ends the process because of what it did. */
  fail(error: TidemarkError): void {
    if (this.end !== undefined) return;
    this.end = error;
    this.killProcesses();
    this.settle(error);
    this.resolveLost(error);
  }

  private exchange(bounds: RequestBounds, pieces: readonly Uint8Array[]): Promise<Answer> {
    if (this.end !== undefined) {
      throw this.end === 'killed' ? new TidemarkError('sandbox_lost', { reason: 'it was stopped' }) : this.end;
    }
    if (this.waiting !== undefined) throw new RangeError('a sandbox takes one request at a time');
    return new Promise((resolve, reject) => {
      const timers = [
        setTimeout(() => {
          this.fail(bounds.overDeadline());
        }, bounds.killAfterMs),
        setInterval(() => {
          this.lookAtMemory(bounds);
        }, MEMORY_LOOK_MS),
      ];
      this.waiting = { bounds, resolve, reject, timers };
      for (const piece of pieces) this.launched.stdin.write(piece);
    });
  }

  private receive(bytes: Buffer): void {
    if (this.end !== undefined) return;
    try {
      for (const frame of this.reader.push(bytes)) this.takeFrame(frame);
    } catch (error) {
      if (error instanceof FrameError) this.fail(nonsense(error.message));
      else if (isTidemarkError(error)) this.fail(error);
      else throw error;
    }
  }

  private takeFrame({ header, body }: Frame): void {
    const { waiting } = this;
    if (waiting === undefined) throw nonsense('it spoke without being asked');
    const reply = readReply(header);
    this.stopWaiting();
    waiting.resolve({ reply, body });
  }

  private lookAtMemory({ memoryMb, overMemory }: RequestBounds): void {
    const bytes = residentBytes(this.pid) ?? 0;
    this.memoryPeak = Math.max(this.memoryPeak, bytes);
    if (bytes > memoryMb * 1024 * 1024 + HEADROOM_BYTES) this.fail(overMemory());
  }

  /** V8 aborts the process on some allocations instead of throwing, too suddenly at times to be seen growing. */
  private whyItExited(code: number | null, signal: NodeJS.Signals | null): TidemarkError {
    const { waiting } = this;
    const how = signal ?? `code ${String(code)}`;
    if (waiting !== undefined) {
      const { bounds } = waiting;
      const grewTo = (share: number): boolean =>
        this.memoryPeak > bounds.memoryMb * share * 1024 * 1024 + HEADROOM_BYTES / 3;
      const said = /out of memory|allocation failed|heap limit|invalid (?:array|table|size)/i.test(this.stderr);
      const gaveUp = GIVEN_UP.includes(signal ?? code) || (code === GIVEN_UP_OR_CRASHED && grewTo(0.3));
      if (grewTo(0.6) || said || gaveUp) return bounds.overMemory();
    }
    const lastWords = this.stderr.trim().split('\n', 1)[0] ?? '';
    return new TidemarkError('sandbox_lost', {
      reason: printable(lastWords === '' ? how : `${how}: ${lastWords}`, REASON_CHARS_MAX),
    });
  }

  private settle(error: TidemarkError): void {
    const { waiting } = this;
    this.stopWaiting();
    waiting?.reject(error);
  }

  private stopWaiting(): void {
    // clearTimeout clears intervals as well.
    this.waiting?.timers.forEach(clearTimeout);
    this.waiting = undefined;
  }

  private killProcesses(): void {
    const { child } = this.launched;
    // A process that is gone has no number any more: it may be another's by now.
    if (child.exitCode !== null || child.signalCode !== null) return;
    if (this.pid === 0 || this.pid === child.pid) {
      // Until its number is known, bubblewrap's second process waits for word from the first, and does not end with it.
      if (child.pid !== undefined && child.pid > 0) killIfThere(-child.pid);
      child.kill('SIGKILL');
      return;
    }
    // Behind bubblewrap the code runs in a process of its own. bubblewrap itself is left to collect it and to follow:
    // a container often has nobody else who would, and the dead would pile up.
    killIfThere(this.pid);
    setTimeout(() => child.kill('SIGKILL'), COLLECT_MS).unref();
  }
}

function readReply(header: unknown): Reply {
  let read: ReturnType<typeof replySchema.safeParse>;
  try {
    read = replySchema.safeParse(header);
  } catch (error) {
    if (error instanceof RangeError) throw nonsense('a reply is nested too deeply');
    throw error;
  }
  if (read.success) return read.data;
  throw nonsense(`a reply has the wrong form at ${read.error.issues[0]?.path.join('.') ?? '?'}`);
}

/** @param pid of a process, or of the head of a group of them with a minus before it. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/** @param reason what it did that a sandbox never does. */
export function nonsense(reason: string): TidemarkError {
  return new TidemarkError('sandbox_spoke_nonsense', { reason: printable(reason, REASON_CHARS_MAX) });
}

const tooSlow = (): TidemarkError => new TidemarkError('sandbox_lost', { reason: 'it did not come up' });
