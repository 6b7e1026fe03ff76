import { readFile } from 'node:fs/promises';

/** The process and all that it has started, the eldest first. */
export async function familyOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text.split(' ').filter((child) => child !== '');
  return [pid, ...(await Promise.all(children.map((child) => familyOf(Number(child))))).flat()];
}

/**
 * Stops a process and all its children where they are, as a frozen host or a long pause would: sockets stay open, and
 * nothing is answered. The process goes first, so that it starts no more of them meanwhile. Linux only.
 *
 * @returns what lets them go on, the children first
 */
export async function freeze(pid: number | undefined): Promise<() => void> {
  // A signal to 0 or less would reach a whole group, this process among it.
  if (pid === undefined || pid <= 0) throw new Error('The process to freeze has not started.');
  signal(pid, 'SIGSTOP');
  const family = await familyOf(pid);
  for (const member of family) signal(member, 'SIGSTOP');
  return () => {
    for (const member of family.toReversed()) signal(member, 'SIGCONT');
  };
}

/** Sends a signal to a process that may be gone already. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
