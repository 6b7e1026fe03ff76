import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Launcher } from '../os/launcher.js';

export interface Attack {
  /** Begins with its number in the catalogue of attacks. */
  readonly name: string;
  readonly denied: boolean;
  /** What the attacker got to see. */
  readonly detail: string;
}

const PROBE_MS = 10_000;

/** Starts a process behind the same walls as a sandbox and has it attack what is outside. */
export async function attackWalls(launcher: Launcher): Promise<readonly Attack[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-probe-'));
  const listener = createServer((socket) => socket.destroy());
  try {
    const decoy = join(folder, 'decoy');
    await writeFile(decoy, 'not a secret');
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    return readOutcomes(await runProbe(launcher, [String(port), String(process.pid), decoy]));
  } finally {
    listener.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function runProbe(launcher: Launcher, args: readonly string[]): Promise<string> {
  const { child, stdin, stdout, stderr } = launcher.launch('probe', args);
  let printed = '';
  let complaint = '';
  stdin.on('error', () => undefined).end();
  stdout.on('data', (bytes: Buffer) => (printed = (printed + bytes.toString('utf8')).slice(0, 100_000)));
  stderr.on('data', (bytes: Buffer) => (complaint = (complaint + bytes.toString('utf8')).slice(0, 1_000)));
  const timer = setTimeout(() => child.kill('SIGKILL'), PROBE_MS);
  try {
    await once(child, 'close');
  } finally {
    clearTimeout(timer);
  }
  return printed === ''
    ? JSON.stringify({ [`run the attacks (${complaint.trim().slice(0, 200)})`]: 'could not be tried' })
    : printed;
}

function readOutcomes(printed: string): readonly Attack[] {
  const outcomes = JSON.parse(printed) as { readonly [name: string]: string };
  return Object.entries(outcomes).map(([name, detail]) => ({ name, denied: detail.startsWith('denied'), detail }));
}
