import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { kill, root } from '../instance.js';
import { until } from '../until.js';

export type Role = 'api' | 'scheduler' | 'runner';

export interface ProcessSpec {
  readonly role: Role;
  /** Tells processes of one role apart. */
  readonly number: number;
  /** Asked at every start. */
  readonly environment: () => { readonly [name: string]: string | undefined };
  /** Of its log. */
  readonly folder: string;
  /** Of what it writes down of itself when it is asked. */
  readonly stacks: string;
}

/** What it says of itself when it is ready. */
interface Ready {
  readonly id: string;
  readonly url?: string;
}

const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 20_000;
const REST_MS = 300;
const SETPRIV = '/usr/bin/setpriv';

/** One process of the service, started as its image starts it, and started again whenever it ends. */
export class ServiceProcess {
  private child: ChildProcess | undefined;
  private ready: Ready | undefined;
  private isStopping = false;
  private starts = 0;

  constructor(private readonly spec: ProcessSpec) {}

  get name(): string {
    return `${this.spec.role} ${this.spec.number}`;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** How it calls itself; undefined while it is not ready. */
  get id(): string | undefined {
    return this.ready?.id;
  }

  get url(): string | undefined {
    return this.ready?.url;
  }

  async start(): Promise<void> {
    this.launch();
    await this.untilReady();
  }

  untilReady(): Promise<Ready> {
    return until(`${this.name} is ready (see ${this.logFile})`, READY_MS_MAX, () => Promise.resolve(this.ready));
  }

  /** As the kernel ends it when memory is short. It comes back by itself. */
  kill(): void {
    this.ready = undefined;
    if (this.pid !== undefined) kill(this.pid, 'SIGKILL');
  }

  /** Asks it to write down its stacks. */
  report(): void {
    if (this.pid !== undefined) kill(this.pid, 'SIGUSR2');
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    // One that is frozen does not hear the first.
    const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
    await gone;
    clearTimeout(patience);
  }

  private get logFile(): string {
    return join(this.spec.folder, `${this.spec.role}-${this.spec.number}.log`);
  }

  private launch(): void {
    const { role, stacks, environment } = this.spec;
    const reports = ['--report-on-signal', '--report-signal=SIGUSR2', `--report-directory=${stacks}`];
    const main = ['--enable-source-maps', ...reports, join(root, `apps/${role}/dist/main.js`)];
    // Where it can, the kernel ends it with the driver, however that ends.
    const [file, ...args] = existsSync(SETPRIV)
      ? [SETPRIV, '--pdeathsig', 'KILL', process.execPath, ...main]
      : [process.execPath, ...main];
    const env = { ...environment() };
    const child = spawn(file ?? process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.child = child;
    this.starts += 1;
    this.note(`start ${this.starts}, pid ${child.pid ?? 0}`);
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.note(line);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.note(line);
      if (this.child === child) this.ready ??= readyIn(line);
    });
    child.once('exit', (code, signal) => {
      this.note(`ended with ${signal ?? `code ${code ?? 0}`}`);
      void this.startAgain();
    });
  }

  private async startAgain(): Promise<void> {
    this.ready = undefined;
    if (this.isStopping) return;
    await sleep(REST_MS);
    if (!this.isStopping) this.launch();
  }

  private note(line: string): void {
    appendFileSync(this.logFile, `${new Date().toISOString()} ${line}\n`);
  }
}

function readyIn(line: string): Ready | undefined {
  try {
    return (JSON.parse(line) as { readonly ready?: Ready }).ready;
  } catch {
    return undefined;
  }
}
