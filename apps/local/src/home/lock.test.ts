import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Home, homeAt } from './home.js';
import { HomeLock } from './lock.js';
import { identityOf } from './process-identity.js';

vi.mock('./process-identity.js', { spy: true });

describe('the lock of a home', () => {
  let home: Home;
  let children: ChildProcess[];

  beforeEach(async () => {
    home = homeAt(await mkdtemp(`${tmpdir()}/tidemark-lock-`));
    children = [];
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(home.path, { recursive: true });
  });

  const aProcess = async (): Promise<{ child: ChildProcess; pid: number; identity: string }> => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    children.push(child);
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    return { child, pid, identity: (await identityOf(pid)) ?? '' };
  };
  const left = (owner: object, services: readonly object[] = []): Promise<void> =>
    writeFile(home.lock, JSON.stringify({ owner, services }));

  it('is held by one at a time', async () => {
    const lock = await HomeLock.take(home);
    await expect(HomeLock.take(home)).rejects.toMatchObject({ code: 'instance_running', params: { pid: process.pid } });
    await lock.release();
    await (await HomeLock.take(home)).release();
  });

  it('of a dead process is taken, and the services that it left are ended', async () => {
    const service = await aProcess();
    await left({ pid: 2 ** 22, identity: '4194304@1' }, [{ pid: service.pid, identity: service.identity }]);
    await HomeLock.take(home);
    expect(await identityOf(service.pid)).toBeUndefined();
  });

  it('spares a process that only has the pid of a service', async () => {
    const stranger = await aProcess();
    await left({ pid: stranger.pid, identity: `${stranger.pid}@1` }, [
      { pid: stranger.pid, identity: `${stranger.pid}@1` },
    ]);
    await HomeLock.take(home);
    expect(await identityOf(stranger.pid)).toBe(stranger.identity);
  });

  it('that was never filled is taken', async () => {
    await writeFile(home.lock, '');
    await HomeLock.take(home);
    expect(JSON.parse(await readFile(home.lock, 'utf8'))).toMatchObject({ owner: { pid: process.pid } });
  });

  it('is given back to whoever was faster, when it was judged stale and is not any more', async () => {
    await left({ pid: 2 ** 22, identity: '4194304@1' });
    const other = await aProcess();
    vi.mocked(identityOf)
      .mockResolvedValueOnce('this start')
      .mockImplementationOnce(async () => {
        // While this start finds the owner dead, another breaks the lock and makes its own.
        await left({ pid: other.pid, identity: other.identity });
        return undefined;
      });

    await expect(HomeLock.take(home)).rejects.toMatchObject({ code: 'instance_running', params: { pid: other.pid } });
    expect(JSON.parse(await readFile(home.lock, 'utf8'))).toMatchObject({ owner: { pid: other.pid } });
    expect(await readdir(home.path)).toEqual([basename(home.lock)]);
  });

  it('that another process has by now is neither written to nor released', async () => {
    const lock = await HomeLock.take(home);
    await left({ pid: 7, identity: '7@1' });
    await expect(lock.note([])).rejects.toMatchObject({ code: 'instance_running', params: { pid: 7 } });
    await lock.release();
    expect(JSON.parse(await readFile(home.lock, 'utf8'))).toMatchObject({ owner: { pid: 7 } });
  });

  it('goes to one of two that find it stale', async () => {
    await left({ pid: 2 ** 22, identity: '4194304@1' });
    const results = await Promise.allSettled([HomeLock.take(home), HomeLock.take(home)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
