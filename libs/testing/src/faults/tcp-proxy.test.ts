import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TcpProxy } from './tcp-proxy.js';

let server: Server;
let proxy: TcpProxy;
const sockets: Socket[] = [];

/** A server that sends back what it gets. */
beforeEach(async () => {
  server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await TcpProxy.open({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await proxy.close();
  server.close();
});

async function client(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function echoOf(socket: Socket, bytes: Buffer | string): Promise<Buffer> {
  socket.write(bytes);
  let got = Buffer.alloc(0);
  while (got.length < bytes.length) got = Buffer.concat([got, ((await once(socket, 'data')) as [Buffer])[0]]);
  return got;
}

describe('a proxy', () => {
  it('hands on what it gets while it is not told otherwise', async () => {
    const bytes = Buffer.alloc(300_000, 7);
    expect((await echoOf(await client(), bytes)).equals(bytes)).toBe(true);
  });

  it('holds back each piece, there and back, for as long as it is told', async () => {
    const socket = await client();
    proxy.spoil({ latencyMs: 60 });
    const startedMs = performance.now();
    await echoOf(socket, 'x');
    expect(performance.now() - startedMs).toBeGreaterThan(110);
  });

  it('is no faster than it is told', async () => {
    const socket = await client();
    proxy.spoil({ bytesPerSecond: 100_000 });
    const startedMs = performance.now();
    await echoOf(socket, Buffer.alloc(10_000));
    expect(performance.now() - startedMs).toBeGreaterThan(150);
  });

  it('resets connections, and serves new ones', async () => {
    const socket = await client();
    await echoOf(socket, 'x');
    const failed = once(socket, 'error');
    proxy.reset();
    expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
    expect((await echoOf(await client(), 'again')).toString()).toBe('again');
  });

  it('cuts connections, and new ones too, until it is healed', async () => {
    const socket = await client();
    await echoOf(socket, 'x');
    const closed = once(socket, 'close');
    proxy.cut();
    await closed;
    await once(await client(), 'close');
    proxy.heal();
    expect((await echoOf(await client(), 'again')).toString()).toBe('again');
  });

  it('flips one bit of what the server sends next, and no more', async () => {
    const socket = await client();
    proxy.corruptNext();
    expect((await echoOf(socket, 'abc')).toString()).toBe('acc');
    expect((await echoOf(socket, 'abc')).toString()).toBe('abc');
  });

  it('drops silently: nothing comes, nothing is said, and nothing is found again after', async () => {
    const socket = await client();
    await echoOf(socket, 'x');
    proxy.spoil({ dropsSilently: true });
    let heard = '';
    for (const event of ['data', 'error', 'close']) socket.once(event, () => (heard = event));
    socket.write('lost');
    const other = await client();
    proxy.spoil({ dropsSilently: false });
    // What is sent later on another line arrives: by then the first would have been answered.
    await echoOf(other, 'x');
    expect(heard).toBe('');
  });
});
