import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { aMapJob, openSandbox } from '../testing/open-sandbox.js';
import { SandboxProcess } from './sandbox-process.js';

/** The processes that this one has started and that still are, but for those of before. */
function startedSince(before: readonly string[]): readonly string[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ');
  return children.filter((pid) => pid !== '' && !before.includes(pid));
}

it('a host that is closed ends sandboxes that are still being started, and whoever waits for them is told', async () => {
  const bundle = await aMapJob('(r) => r');
  const before = startedSince([]);
  const host = await openSandbox();
  await vi.waitFor(() => {
    expect(startedSince(before)).toHaveLength(1);
  });
  const start = (): Promise<unknown> =>
    host
      .start({ id: 'job_1', ...bundle, limits: { memoryMb: 64, cpuMsPerBatch: 1_000 } })
      .catch((error: unknown) => error);
  // One takes the sandbox that is kept warm, the other has to wait for its own.
  const starting = Promise.all([start(), start()]);
  await vi.waitFor(
    () => {
      expect(startedSince(before)).toHaveLength(2);
    },
    { interval: 1 },
  );

  await host.close();

  await vi.waitFor(
    () => {
      expect(startedSince(before)).toEqual([]);
    },
    { timeout: 2_000 },
  );
  for (const told of await starting) expect(told).toMatchObject({ code: 'sandbox_lost' });
});

it('what a sandbox has started before it could tell its number ends with it', async () => {
  const child = spawn('sh', ['-c', 'sleep 60 & echo $! >&2; wait'], { detached: true, stdio: 'pipe' });
  const { stdin, stdout, stderr } = child;
  const second = once(stderr, 'data').then(([bytes]) => Number(String(bytes)));
  const launcher = { launch: () => ({ child, stdin, stdout, stderr, pid: new Promise<number>(() => undefined) }) };
  const launched: SandboxProcess[] = [];
  const starting = SandboxProcess.start(launcher, (sandbox) => launched.push(sandbox));
  const pid = await second;
  expect(runs(pid)).toBe(true);

  launched[0]?.kill();

  await expect(starting).rejects.toMatchObject({ code: 'sandbox_lost' });
  await vi.waitFor(() => {
    expect(runs(pid)).toBe(false);
  });
});

/** A dead one that nobody has collected yet does not. */
function runs(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
