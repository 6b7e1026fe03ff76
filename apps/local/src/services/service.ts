import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { TidemarkError } from '@tidemark/domain';
import { z } from 'zod';
import { RotatingLog } from './rotating-log.js';

export interface ServiceSpec {
  readonly role: 'api' | 'scheduler' | 'runner';
  /** Tells services of one role apart in names of logs. */
  readonly number: number;
  readonly command: readonly [string, ...string[]];
  /** Asked at every start: a port that was free the first time is asked for again. */
  readonly env: () => { readonly [name: string]: string | undefined };
  readonly logFile: string;
  readonly onChange: () => void;
  /** Whether others do its work while it is gone: then they get the cores until they have taken it over. */
  readonly isCovered?: () => boolean;
}

/** What a service says of itself, as one JSON line on standard output, when it is ready. */
const readyLine = z.object({ ready: z.object({ role: z.string(), id: z.string(), url: z.string().optional() }) });
export type Ready = z.infer<typeof readyLine>['ready'];

const READY_WAIT_MS = 60_000;
const RESTART_FIRST_MS = 50;
const RESTART_MAX_MS = 5_000;
/** About as long as a job with a million keys takes to go on elsewhere. A start costs as much as that on the same cores. */
const RESTART_COVERED_MS = 1_000;
const LAST_WORDS_WAIT_MS = 200;

/** One process of the instance, started again whenever it ends by itself. */
export class Service {
  private child: ChildProcess | undefined;
  private current: Ready | undefined;
  private stopping = false;
  private quickDeaths = 0;
  private howEnded = '';
  private lastWords = '';
  private readonly log: RotatingLog;

  constructor(private readonly spec: ServiceSpec) {
    this.log = new RotatingLog(spec.logFile);
  }

  get role(): ServiceSpec['role'] {
    return this.spec.role;
  }

  /** The process, once it is ready. */
  get running(): (Ready & { readonly pid: number }) | undefined {
    const pid = this.child?.pid;
    return this.current === undefined || pid === undefined ? undefined : { ...this.current, pid };
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves when the process is ready for the first time. Throws `service_not_started` if it ends before that. */
  async start(): Promise<Ready> {
    const { role, logFile } = this.spec;
    const refuse = (reason: string): never => {
      throw new TidemarkError('service_not_started', { service: role, reason, log: logFile });
    };
    const timeout = new AbortController();
    const ready = await Promise.race([
      this.launch(),
      sleep(READY_WAIT_MS, 'too_late' as const, { signal: timeout.signal }),
    ]);
    timeout.abort();
    if (ready === 'too_late') return refuse(`it is not ready after ${READY_WAIT_MS / 1000} s`);
    if (ready === undefined) return refuse([this.howEnded, this.lastWords].filter((part) => part !== '').join(': '));
    return ready;
  }

  /** Asks the process to end, and kills it when it has not after `graceMs`. It is not started again. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    const child = this.child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    }
    this.log.close();
  }

  /** Settles with what the process says when it is ready, or with undefined if it ends before. */
  private launch(): Promise<Ready | undefined> {
    const [file, ...args] = this.spec.command;
    // Detached: Ctrl-C goes to the whole foreground group, and services are stopped in their order.
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    const child = spawn(file, args, { env: { ...this.spec.env() }, stdio: [...stdio], detached: true });
    this.child = child;
    createInterface({ input: child.stderr }).on('line', (line) => this.hear(line));
    return new Promise((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const ready = readyOf(line);
        if (ready === undefined) return this.hear(line);
        this.current = ready;
        resolve(ready);
        this.spec.onChange();
      });
      child.once('error', (error) => {
        this.hear(error.message);
        resolve(undefined);
      });
      // Not `close`: a pipe stays open as long as any descendant has it.
      child.once('exit', (code, signal) => {
        this.ended(`it ended with ${signal ?? `exit code ${String(code)}`}`);
        setTimeout(() => resolve(undefined), LAST_WORDS_WAIT_MS).unref();
      });
      child.once('close', () => resolve(undefined));
    });
  }

  private ended(how: string): void {
    const wasReady = this.current !== undefined;
    this.current = undefined;
    if (this.stopping) return;
    this.howEnded = how;
    this.log.write(JSON.stringify({ level: 'warn', message: how }));
    this.spec.onChange();
    // A first start that fails is the caller's to judge; a service that has been there is brought back.
    if (wasReady || this.quickDeaths > 0) void this.startAgain({ wasReady });
  }

  /** Only a service that cannot even start is given growing rests: one that was killed is wanted back. */
  private async startAgain({ wasReady }: { readonly wasReady: boolean }): Promise<void> {
    this.quickDeaths = wasReady ? 1 : this.quickDeaths + 1;
    const restMs = Math.min(RESTART_FIRST_MS * 2 ** (this.quickDeaths - 1), RESTART_MAX_MS);
    await sleep(restMs);
    // Asked now: of several that are killed at one moment, none stands in for another.
    if (this.spec.isCovered?.() === true) await sleep(Math.max(0, RESTART_COVERED_MS - restMs));
    if (!this.stopping) await this.launch();
  }

  private hear(line: string): void {
    this.log.write(line);
    if (line.trim() !== '') this.lastWords = messageOf(line);
  }
}

function readyOf(line: string): Ready | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return readyLine.safeParse(JSON.parse(line)).data?.ready;
  } catch {
    return undefined;
  }
}

/** The sentence in a log line, which is JSON unless something went wrong very early. */
function messageOf(line: string): string {
  try {
    const entry = z.object({ message: z.string() }).safeParse(JSON.parse(line));
    return (entry.data?.message ?? line).replace(/\.$/, '');
  } catch {
    return line.replace(/\.$/, '');
  }
}
