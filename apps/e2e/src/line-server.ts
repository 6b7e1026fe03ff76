import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const PACE_MS = 10;
const LINES_AT_ONCE = 8;

/** Sends `line 0`, `line 1` and so on to whoever is connected, and no line twice: what a client loses is lost. */
export class LineServer {
  private readonly clients = new Set<Socket>();
  private readonly timer: NodeJS.Timeout;
  private sent = 0;

  private constructor(private readonly server: Server) {
    server.on('connection', (client) => {
      this.clients.add(client);
      // A client that is killed resets its connection.
      client.on('error', () => client.destroy());
      client.on('close', () => this.clients.delete(client));
    });
    this.timer = setInterval(() => {
      for (const client of this.clients) client.write(this.nextLines());
    }, PACE_MS);
  }

  static async open(): Promise<LineServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LineServer(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    for (const client of this.clients) client.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private nextLines(): string {
    const lines = Array.from({ length: LINES_AT_ONCE }, (_, index) => `line ${this.sent + index}\n`);
    this.sent += LINES_AT_ONCE;
    return lines.join('');
  }
}
