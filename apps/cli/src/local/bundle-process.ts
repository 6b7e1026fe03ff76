import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BundleManifest } from '@tidemark/domain';
import type { GraphInput, StoredForm } from '@tidemark/engine';
import type { BatchRun, BundleToRun } from './bundle-runtime.js';
import type { Calls, DebuggerPlace, Reply } from './messages.js';

/** What a bundle's own code, or the engine that runs it, came to. `code` is one of the error catalogue, or `unknown`. */
export class BundleFailure extends Error {
  override readonly name = 'BundleFailure';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * A bundle in a process of its own, so that two of them share no globals and a debugger sees one alone. It is the user's own
 * code on the user's own machine: there is no wall around it. One call at a time.
 */
export class BundleProcess {
  private constructor(
    private readonly channel: Channel,
    readonly manifest: BundleManifest,
  ) {}

  /**
   * Throws `BundleFailure` for a bundle that the service would refuse.
   *
   * @param signal ends the process, whatever it does, also while it waits for a debugger.
   */
  static async start(bundle: BundleToRun, signal: AbortSignal): Promise<BundleProcess> {
    const child = fork(fileURLToPath(new URL('child.js', import.meta.url)), [], {
      // The zone and the language that the sandbox has; nothing else of this process's environment is the job's business.
      env: { TZ: 'UTC' },
      execArgv: [],
      ...{ serialization: 'advanced', signal, killSignal: 'SIGKILL' },
      // Node says there where a debugger can connect.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const channel = new Channel(child);
    try {
      return new BundleProcess(channel, await channel.ask('load', bundle));
    } catch (error) {
      channel.close();
      throw error;
    }
  }

  async restore(uid: string, block: Uint8Array): Promise<void> {
    await this.channel.ask('restore', { uid, block });
  }

  convert(uid: string, form: StoredForm, block: Uint8Array): Promise<Uint8Array> {
    return this.channel.ask('convert', { uid, form, block });
  }

  /** @param inspect where to wait for a debugger before the batch's code runs. */
  run(input: GraphInput, inspect?: DebuggerPlace): Promise<BatchRun> {
    return this.channel.ask('run', { input, inspect });
  }

  /** Safe to call again. */
  close(): void {
    this.channel.close();
  }
}

/** Requests to a child process and what it answers, one after the other. */
class Channel {
  private waiting: ((reply: Reply) => void) | undefined;
  private ended: string | undefined;

  constructor(private readonly child: ChildProcess) {
    child.on('message', (reply: Reply) => {
      this.answered(reply);
    });
    child.once('error', (error) => {
      this.end(error.message);
    });
    child.once('exit', (code, signal) => {
      this.end(`its process ended with ${signal ?? `code ${code}`}`);
    });
  }

  async ask<C extends keyof Calls>(call: C, asks: Calls[C]['asks']): Promise<Calls[C]['answers']> {
    const reply = await new Promise<Reply>((resolve) => {
      this.waiting = resolve;
      if (this.ended === undefined) this.child.send({ call, asks });
      else this.end(this.ended);
    });
    if (reply.outcome === 'failed') throw new BundleFailure(reply.code, reply.message);
    return reply.answers as Calls[C]['answers'];
  }

  close(): void {
    this.child.kill('SIGKILL');
  }

  private end(reason: string): void {
    this.ended ??= reason;
    this.answered({ outcome: 'failed', code: 'process_lost', message: `The bundle cannot run on: ${this.ended}.` });
  }

  private answered(reply: Reply): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.(reply);
  }
}
