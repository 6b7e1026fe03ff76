import { setTimeout as pause } from 'node:timers/promises';
import type { Socket } from 'node:net';
import type { Destination, EgressPolicy } from '../egress/egress-policy.js';
import { LineBuffer } from './line-buffer.js';

/** Above this the sender is made to wait: the socket is not read, and TCP's own window closes. */
const BUFFER_BYTES_MAX = 16 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;
const BACK_OFF_MS = { first: 100, most: 10_000 };
const KEEP_ALIVE_MS = 30_000;

export type Trouble = 'denied' | 'line_too_long';

/**
 * Lines from a TCP server, connected again whenever the connection ends, with growing and jittered pauses. Stops for
 * good when the egress policy denies the destination or a line is too long; `trouble` says so.
 */
export class LineConnection {
  readonly lines = new LineBuffer();
  private readonly ending = new AbortController();
  private socket: Socket | undefined;
  private stopped: Trouble | undefined;
  private whenClosed: Promise<void> = Promise.resolve();

  constructor(
    private readonly destination: Destination,
    private readonly egress: EgressPolicy,
  ) {}

  get trouble(): Trouble | undefined {
    return this.stopped;
  }

  /** Resolves after the first attempt, whether it succeeded or not; the attempts go on behind it. */
  async start(): Promise<void> {
    await new Promise<void>((firstAttemptDone) => {
      this.whenClosed = this.keepConnected(firstAttemptDone);
    });
  }

  /** Reads on if the buffer has room again. Call after lines were dropped. */
  makeRoom(): void {
    if (this.lines.bytes < BUFFER_BYTES_MAX / 2) this.socket?.resume();
  }

  async close(): Promise<void> {
    this.ending.abort();
    this.socket?.destroy();
    await this.whenClosed;
  }

  private async keepConnected(attempted: () => void): Promise<void> {
    const { signal } = this.ending;
    let failures = 0;
    while (!signal.aborted && this.stopped === undefined) {
      const received = await this.connectOnce(attempted);
      attempted();
      failures = received ? 0 : failures + 1;
      const most = Math.min(BACK_OFF_MS.most, BACK_OFF_MS.first * 2 ** Math.min(failures, 10));
      // Jitter: the jobs of a restarted server must not all come back at the same moment.
      if (!signal.aborted && this.stopped === undefined)
        await pause(most * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }

  /** Resolves when the connection has ended, with whether anything came over it. */
  private async connectOnce(connected: () => void): Promise<boolean> {
    let received = false;
    try {
      const result = await this.egress.connect(this.destination, {
        timeoutMs: CONNECT_TIMEOUT_MS,
        signal: this.ending.signal,
      });
      if (result.outcome === 'denied') {
        this.stopped = 'denied';
        return false;
      }
      this.socket = result.socket;
      result.socket.setKeepAlive(true, KEEP_ALIVE_MS);
      connected();
      await new Promise<void>((ended) => {
        result.socket.on('data', (chunk: Buffer) => {
          received = true;
          this.take(chunk, result.socket);
        });
        result.socket.on('error', () => {});
        result.socket.once('close', () => ended());
        if (this.ending.signal.aborted) result.socket.destroy();
      });
    } catch {
      // Not reachable now: the next attempt follows after the pause.
    }
    this.socket = undefined;
    this.lines.forgetPartial();
    return received;
  }

  private take(chunk: Buffer, socket: Socket): void {
    if (this.lines.push(chunk) === 'line_too_long') {
      this.stopped = 'line_too_long';
      socket.destroy();
    } else if (this.lines.bytes >= BUFFER_BYTES_MAX) {
      socket.pause();
    }
  }
}
