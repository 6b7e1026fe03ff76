import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { familyOf, freeze } from './freezer.js';

let parent: ChildProcess | undefined;

afterEach(async () => {
  for (const pid of await familyOf(parent?.pid ?? 0)) if (pid !== 0) process.kill(pid, 'SIGKILL');
});

/** The letter that Linux has for it: `T` is stopped. */
const stateOf = async (pid: number): Promise<string> =>
  /\) (\w) /.exec(await readFile(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';

describe('freezing a process', () => {
  it('stops it and what it has started, until they may go on', async () => {
    const script = `require('child_process').spawn('sleep', ['60']).once('spawn', () => console.log('up'))`;
    parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (parent.stdout !== null) await once(parent.stdout, 'data');
    const family = await familyOf(parent.pid ?? 0);
    expect(family).toHaveLength(2);

    const goOn = await freeze(parent.pid);
    await expect.poll(async () => Promise.all(family.map(stateOf))).toEqual(['T', 'T']);
    goOn();
    await expect.poll(async () => (await Promise.all(family.map(stateOf))).includes('T')).toBe(false);
  });

  it('does nothing to one that is gone', async () => {
    parent = spawn('true');
    await once(parent, 'exit');
    const { pid } = parent;
    parent = undefined;
    expect(await freeze(pid)).toBeTypeOf('function');
  });

  it.each([undefined, 0, -1])('refuses %s, which is none, and sends no signal', async (pid) => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    onTestFinished(() => {
      kill.mockRestore();
    });
    await expect(freeze(pid)).rejects.toThrow('has not started');
    expect(kill).not.toHaveBeenCalled();
  });
});
