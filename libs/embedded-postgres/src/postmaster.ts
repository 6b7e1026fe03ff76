import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TidemarkError } from '@tidemark/domain';
import { runToEnd } from './child.js';

const FAST_STOP_MS = 20_000;
const IMMEDIATE_STOP_MS = 10_000;

/**
 * The process that `postmaster.pid` names: ours if it runs on this very data directory, `foreign` if the number has gone to
 * another program since or to nobody but a process that was killed and is not collected yet, `undefined` if there is none.
 */
export async function findPostmaster(
  dataDirectory: string,
): Promise<{ readonly whose: 'ours' | 'foreign'; readonly pid: number } | undefined> {
  const text = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !send(pid, 0)) return undefined;
  const runsHere = (await isAlive(pid)) && (await commandOf(pid)).includes(dataDirectory);
  return { whose: runsHere ? 'ours' : 'foreign', pid };
}

/** Ends a postmaster: clients are cut off and their transactions rolled back; if it hangs, it is killed and recovers later. */
export async function stopPostmaster(pid: number, dataDirectory: string): Promise<void> {
  const steps = [
    { signal: 'SIGINT', waitMs: FAST_STOP_MS },
    { signal: 'SIGQUIT', waitMs: IMMEDIATE_STOP_MS },
    { signal: 'SIGKILL', waitMs: IMMEDIATE_STOP_MS },
  ] as const;
  for (const { signal, waitMs } of steps) {
    if (!send(pid, signal)) return;
    const until = performance.now() + waitMs;
    while (performance.now() < until) {
      if (!(await isAlive(pid))) return;
      await sleep(10);
    }
  }
  throw new TidemarkError('postgres_not_started', { dataDir: dataDirectory, reason: `process ${pid} does not end` });
}

/** False also for a process that has ended and only waits to be collected: in a container nobody may ever do that. */
export async function isAlive(pid: number): Promise<boolean> {
  if (!send(pid, 0)) return false;
  const stat = process.platform === 'linux' ? await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '') : '';
  return !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  }
  if (process.platform === 'win32') return '';
  const { output } = await runToEnd('ps', ['-ww', '-o', 'command=', '-p', String(pid)], {});
  return output;
}

/**
 * Path of util-linux's `setpriv`, where there is one: with it the kernel ends Postgres together with its parent, which covers
 * `kill -9` of the parent.
 */
export async function findSetpriv(): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  for (const path of ['/usr/bin/setpriv', '/bin/setpriv']) {
    const { output } = await runToEnd(path, ['--help'], {}).catch(() => ({ output: '' }));
    if (output.includes('--pdeathsig')) return path;
  }
  return undefined;
}

export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: { readonly cwd: string; readonly uid?: number; readonly gid?: number };
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

export type Launched =
  | { readonly outcome: 'ready'; readonly pid: number; readonly ended: Promise<void> }
  | { readonly outcome: 'gave_up'; readonly output: string };

/** Starts a postmaster and waits until it accepts connections or has given up. */
export function launch({ file, args, options, env, log }: Launch): Promise<Launched> {
  return new Promise((resolve, reject) => {
    // Detached: Ctrl-C goes to the whole foreground group, and Postgres must outlive the processes that drain into it.
    const child = spawn(file, args, { ...options, env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    let output = '';
    let rest = '';
    const ended = new Promise<void>((done) => child.once('close', () => done()));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = (lines.pop() ?? '').slice(0, 8192);
      for (const line of lines) {
        output = `${output}${line}\n`.slice(-16_384);
        log(line);
        if (line.includes('database system is ready to accept connections') && child.pid !== undefined) {
          resolve({ outcome: 'ready', pid: child.pid, ended });
        }
      }
    });
    child.once('error', reject);
    child.once('close', () => resolve({ outcome: 'gave_up', output: output + rest }));
  });
}
