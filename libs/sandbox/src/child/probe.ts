/**
 * Attacks on the walls around a sandbox process, made from inside it: what code could do that has broken out of its
 * isolate. Prints one JSON object, the outcome by attack; nothing here does harm where it succeeds.
 *
 * Started like the sandbox process, with what to attack behind its own two arguments: the port of a listener on loopback,
 * the number of the process that started it, and a file that holds nothing of value.
 */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { ENVIRONMENT } from '../os/environment.js';

const [, , , , port = '0', hostPid = '0', decoy = ''] = process.argv;

/** Resolves if the attack succeeded, throws if it was denied. */
type Attack = () => unknown;

const ATTACKS: { readonly [name: string]: Attack } = {
  'S1 read a file of the host': () => readFileSync(decoy),
  'S1 read /etc/passwd': () => readFileSync('/etc/passwd'),
  'S2 find anything in the environment': () => {
    // bubblewrap says where it has changed to, which is always `/`.
    const names = Object.keys(process.env).filter((name) => name !== 'PWD' && !Object.hasOwn(ENVIRONMENT, name));
    if (names.length === 0) throw new Error('the environment is empty');
  },
  'S2 read the environment of the process outside': () => readFileSync(`/proc/${hostPid}/environ`),
  'S3 start a shell': () => succeeded(spawnSync('/bin/sh', ['-c', 'exit 0'])),
  'S3 start another Node': () => succeeded(spawnSync(process.execPath, ['--version'])),
  'S4 connect to loopback': connectToLoopback,
  'S4 send a datagram': sendDatagram,
  'S5 write a file': () => {
    writeFileSync('/sandbox-probe', 'x');
  },
  'S5 list the programs of the host': () => readdirSync('/usr/bin'),
  'S13 signal the process outside': () => process.kill(Number(hostPid), 0),
};

const outcomes: { [name: string]: string } = {};
for (const [name, attack] of Object.entries(ATTACKS)) {
  try {
    await attack();
    outcomes[name] = 'succeeded';
  } catch (error) {
    outcomes[name] = `denied: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`;
  }
}
process.stdout.write(JSON.stringify(outcomes));

function succeeded({ error, status }: { readonly error?: Error; readonly status: number | null }): void {
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`status ${String(status)}`);
}

function connectToLoopback(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port) });
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}

function sendDatagram(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.on('error', reject);
    socket.send('x', Number(port), '127.0.0.1', (error) => {
      socket.close();
      if (error === null) resolve();
      else reject(error);
    });
  });
}
