// A Redis server for tests: memory only, loopback only, on a free port, gone when the tests are.
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const READY_WITHIN_MS = 10_000;
/** Each service that a test starts takes one of its own: apps/e2e/src/instance.ts. */
const DATABASES = 10_000;

/** @returns {string | undefined} the path of redis-server, where one is installed */
export function findRedis(path = process.env.PATH ?? '') {
  return path
    .split(delimiter)
    .map((dir) => join(dir, 'redis-server'))
    .find(isExecutable);
}

/**
 * @returns {Promise<{ url: string, commands: () => Promise<number>, stop: () => Promise<void> }>} a server that answers;
 *   `commands`: how many it has carried out so far
 */
export async function startRedis() {
  const server = findRedis();
  if (server === undefined) throw new Error('No redis-server is installed. On Debian: apt-get install redis-server');
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-redis-'));
  const port = await freePort();
  const where = ['--port', port, '--bind', '127.0.0.1', '--databases', DATABASES, '--dir', dir];
  const args = [...where, '--save', '', '--appendonly', 'no'].map(String);
  const child = spawn(server, args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await answers(port, ended);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `redis://127.0.0.1:${port}`, commands: () => commandsAt(port), stop };
}

async function answers(port, ended) {
  let over = false;
  void ended.then(() => (over = true));
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!over && performance.now() < deadline) {
    if (await accepts(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(over ? 'redis-server ended at once.' : 'redis-server did not accept a connection in time.');
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

function commandsAt(port) {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.end('INFO stats\r\n'));
    socket.setEncoding('utf8').on('data', (text) => (answer += text));
    socket.once('error', reject);
    socket.once('close', () => resolve(Number(/total_commands_processed:(\d+)/.exec(answer)?.[1] ?? 0)));
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
