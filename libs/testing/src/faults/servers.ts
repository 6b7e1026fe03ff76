import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { startPostgres } from '@tidemark/embedded-postgres';
import { freeze } from './freezer.js';

const ANSWER_MS_MAX = 10_000;

/** A server that a test has started itself, and may do anything to. */
export interface OwnServer {
  readonly url: string;
  readonly address: { readonly host: string; readonly port: number };
  /** Stops answering, with all connections open. Resolves to what lets it go on. */
  pause(): Promise<() => void>;
  /** As a power cut would end it. */
  kill(): Promise<void>;
  /** Starts it again at the same address, with what was durable. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A Postgres of its own below `home`, durable unless `settings` say otherwise. */
export async function ownPostgres(
  home: string,
  settings: { readonly [name: string]: string } = {},
): Promise<OwnServer> {
  const dataDir = join(home, 'postgres');
  const port = await freePort();
  const start = () => startPostgres({ dataDir, port, settings });
  let server = await start();
  return {
    url: server.url,
    address: { host: '127.0.0.1', port },
    pause: () => freeze(server.pid),
    kill: async () => {
      process.kill(server.pid, 'SIGKILL');
      await server.ended;
    },
    restart: async () => {
      server = await start();
    },
    stop: () => server.stop(),
  };
}

export interface OwnRedis extends OwnServer {
  /** See {@link askRedis}. */
  say(...commands: readonly string[]): Promise<string>;
}

/** Sends commands to a Redis, and resolves to all that it answers to them, as it comes over the wire. */
export function askRedis(address: OwnServer['address'], ...commands: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(address.port, address.host);
    // Redis answers QUIT too, and closes.
    socket.write([...commands, 'QUIT', ''].join('\r\n'));
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy(new Error('Redis does not answer')));
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.once('error', reject).once('close', () => {
      resolve(answer.replace(/\+OK\r\n$/, ''));
    });
  });
}

/** A Redis of its own, in memory: what it held is lost when it is killed. Needs `redis-server`. */
export async function ownRedis(home: string): Promise<OwnRedis> {
  const port = await freePort();
  const start = async (): Promise<ChildProcess> => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', home, '--save', '', '--appendonly', 'no'];
    const child = spawn(REDIS, args, { stdio: 'ignore' });
    await Promise.race([
      answers(port),
      once(child, 'error').then(([error]) => {
        throw error as Error;
      }),
    ]);
    return child;
  };
  let child = await start();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill(signal);
    await gone;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    say: (...commands) => askRedis({ host: '127.0.0.1', port }, ...commands),
    address: { host: '127.0.0.1', port },
    pause: () => freeze(child.pid),
    kill: () => end('SIGKILL'),
    restart: async () => {
      child = await start();
    },
    stop: () => end('SIGTERM'),
  };
}

const REDIS = 'redis-server';

/** Whether there is a Redis to start. */
export const hasRedis = (): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, REDIS), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

const WAIT_MS_MAX = 20_000;
const LOOK_EVERY_MS = 20;

async function answers(port: number): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS_MAX;
  while (!(await accepts(port))) {
    if (performance.now() > deadlineMs) throw new Error(`Port ${port} still refuses connections.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (result: boolean) => () => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', done(true)).once('error', done(false));
  });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
