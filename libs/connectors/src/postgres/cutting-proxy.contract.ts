import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Where a connection is cut: before the n-th request reaches the server, or before its answer reaches the client. */
export interface Cut {
  readonly request: number;
  readonly moment: 'before_request' | 'before_answer';
}

/** Stands between a client and a server, and dies at a chosen message: from then on nothing passes until it is revived. */
export class CuttingProxy {
  private cut: Cut | undefined;
  private requests = 0;
  private dead = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
  ) {
    server.on('connection', (client) => this.serve(client));
  }

  static async open(target: { readonly host: string; readonly port: number }): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server, target);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get wasCut(): boolean {
    return this.dead;
  }

  cutAt(cut: Cut): void {
    this.cut = cut;
    this.requests = 0;
  }

  revive(): void {
    this.cut = undefined;
    this.dead = false;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(client: Socket): void {
    const upstream = connect(this.target);
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.on('error', end).on('close', () => {
        this.sockets.delete(socket);
        end();
      });
    }
    if (this.dead) return end();
    client.on('data', (request) => {
      this.requests += 1;
      if (this.isDue('before_request')) this.die();
      else upstream.write(request);
    });
    upstream.on('data', (answer) => {
      if (this.isDue('before_answer')) this.die();
      else client.write(answer);
    });
  }

  private isDue(moment: Cut['moment']): boolean {
    return this.dead || (this.cut?.moment === moment && this.requests >= this.cut.request);
  }

  private die(): void {
    this.dead = true;
    for (const socket of this.sockets) socket.destroy();
  }
}
