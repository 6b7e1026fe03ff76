import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect, onTestFinished, vi } from 'vitest';

/** A TCP server that sends what it is told to whoever is connected. */
export class Feed {
  readonly sockets = new Set<Socket>();
  connections = 0;
  port = 0;

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.sockets.delete(socket));
    });
  }

  static async open(): Promise<Feed> {
    const feed = new Feed(createServer());
    await feed.listen(0);
    onTestFinished(async () => {
      if (feed.server.listening) await feed.goDown();
    });
    return feed;
  }

  async goDown(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.hangUp();
    await closed;
  }

  /** Listens again where it listened before. */
  async comeUp(): Promise<void> {
    await this.listen(this.port);
  }

  /** Resolves when somebody is connected and the text is on its way. */
  async send(text: string | Buffer): Promise<void> {
    await vi.waitFor(() => expect(this.sockets.size).toBeGreaterThan(0), { timeout: 5_000 });
    for (const socket of this.sockets) socket.write(text);
  }

  hangUp(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private async listen(port: number): Promise<void> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }
}
