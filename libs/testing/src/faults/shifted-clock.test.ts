import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ShiftedClock, whyNoShiftedClocks } from './shifted-clock.js';

const why = whyNoShiftedClocks();

describe('a clock that is wrong', () => {
  it.skipIf(why !== undefined)(
    `is so for a child process, also while it runs${why === undefined ? '' : ` (${why})`}`,
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tidemark-clock-'));
      const clock = new ShiftedClock(join(folder, 'offset'), 3_600);
      const script = `process.stdin.on('data', () => console.log(Date.now() + ' ' + performance.now()))`;
      const child = spawn(process.execPath, ['-e', script], {
        env: { ...process.env, ...clock.environment },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      onTestFinished(async () => {
        child.kill('SIGKILL');
        await rm(folder, { recursive: true, force: true });
      });
      const look = async () => {
        child.stdin.write('?');
        const [wall = 0, monotonic = 0] = String(await once(child.stdout, 'data'))
          .split(' ')
          .map(Number);
        return { hoursAhead: Math.round((wall - Date.now()) / 3_600_000), monotonic };
      };

      const before = await look();
      clock.shift(-7_200);
      const after = await look();

      expect([before.hoursAhead, after.hoursAhead]).toEqual([1, -2]);
      expect(after.monotonic - before.monotonic).toBeGreaterThanOrEqual(0);
      expect(after.monotonic - before.monotonic).toBeLessThan(60_000);
    },
  );
});
