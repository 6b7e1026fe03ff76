import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * A text that no two processes share, although pids are used again: the pid with the time of its start. Undefined if there is
 * no such process, or it has ended and only waits to be collected.
 */
export async function identityOf(pid: number): Promise<string | undefined> {
  const since = process.platform === 'linux' ? await startOnLinux(pid) : await startByPs(pid);
  return since === undefined ? undefined : `${pid}@${since}`;
}

/** Clock ticks since the machine's start: field 22. The command, in parentheses before it, may contain anything. */
async function startOnLinux(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : fields[18];
}

async function startByPs(pid: number): Promise<string | undefined> {
  const ps = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => undefined);
  const text = ps?.stdout.trim() ?? '';
  return text === '' ? undefined : text;
}
