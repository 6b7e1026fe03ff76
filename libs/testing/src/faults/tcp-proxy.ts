import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What happens to bytes on their way, in both directions. */
export interface LineFaults {
  /** How long each piece is held back, in milliseconds. */
  readonly latencyMs: number;
  /** Infinity for no limit. */
  readonly bytesPerSecond: number;
  /** Nothing passes, and neither end is told: as when a host vanishes, or a firewall forgets the connection. */
  readonly dropsSilently: boolean;
}

const NO_FAULTS: LineFaults = { latencyMs: 0, bytesPerSecond: Infinity, dropsSilently: false };

/** One connection through a proxy. What comes from one end goes to the other, unless `pass` says otherwise. */
export interface Line {
  readonly client: Socket;
  readonly server: Socket;
}

/** What a proxy does with a piece that has arrived: the bytes to hand on, or none. It may end the line instead. */
export type Pass = (from: 'client' | 'server', bytes: Buffer) => Buffer | undefined;

/** Stands between clients and a server, and spoils what is between them when it is told to. */
export class TcpProxy {
  private faults = NO_FAULTS;
  private isCut = false;
  private corrupts = 0;
  private readonly lines = new Set<Line>();

  private constructor(
    private readonly server: Server,
    private readonly target: Address,
    private readonly passOf: (line: Line) => Pass,
  ) {
    server.on('connection', (client) => {
      this.serve(client);
    });
  }

  /** @param passOf for each new connection, who looks at its bytes */
  static async open(target: Address, passOf: (line: Line) => Pass = () => (_from, bytes) => bytes): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, target, passOf);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The same address as `url`, through this proxy. */
  through(url: string): string {
    const proxied = new URL(url);
    proxied.hostname = '127.0.0.1';
    proxied.port = String(this.port);
    return proxied.href;
  }

  spoil(faults: Partial<LineFaults>): void {
    this.faults = { ...this.faults, ...faults };
  }

  /** Ends every connection with a reset, as a crashed kernel or an impatient balancer does; new ones are served. */
  reset(): void {
    for (const { client, server } of this.lines) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  /** Ends every connection, and each new one at once, until `heal`. */
  cut(): void {
    this.isCut = true;
    for (const { client, server } of this.lines) {
      client.destroy();
      server.destroy();
    }
  }

  /** Flips one bit in the middle of each of the next pieces that a server sends. */
  corruptNext(pieces = 1): void {
    this.corrupts = pieces;
  }

  /** No more faults. Connections that have lost bytes are gone for good. */
  heal(): void {
    const hasLost = this.faults.dropsSilently;
    this.faults = NO_FAULTS;
    this.isCut = false;
    this.corrupts = 0;
    if (hasLost) this.reset();
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(client: Socket): void {
    if (this.isCut) {
      client.destroy();
      return;
    }
    const line: Line = { client, server: connect(this.target) };
    this.lines.add(line);
    const end = (): void => {
      this.lines.delete(line);
      client.destroy();
      line.server.destroy();
    };
    const pass = this.passOf(line);
    for (const socket of [client, line.server]) socket.on('error', end).on('close', end);
    this.carry(client, line.server, (bytes) => pass('client', bytes));
    this.carry(line.server, client, (bytes) => pass('server', this.maybeCorrupt(bytes)));
  }

  /** One piece at a time: a source that sends faster than the line is held back, as by a real one. */
  private carry(from: Socket, to: Socket, pass: (bytes: Buffer) => Buffer | undefined): void {
    from.on('data', (bytes: Buffer) => {
      from.pause();
      const { latencyMs, bytesPerSecond } = this.faults;
      const ms = latencyMs + (bytes.length / bytesPerSecond) * 1_000;
      const deliver = (): void => {
        const passed = this.faults.dropsSilently ? undefined : pass(bytes);
        if (passed !== undefined && passed.length > 0 && !to.destroyed) to.write(passed);
        from.resume();
      };
      if (ms > 0) setTimeout(deliver, ms);
      else deliver();
    });
  }

  private maybeCorrupt(bytes: Buffer): Buffer {
    if (this.corrupts === 0 || bytes.length === 0) return bytes;
    this.corrupts -= 1;
    const spoilt = Buffer.from(bytes);
    const middle = Math.floor(spoilt.length / 2);
    spoilt[middle] = (spoilt[middle] ?? 0) ^ 1;
    return spoilt;
  }
}
