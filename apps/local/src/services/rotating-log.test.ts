import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RotatingLog } from './rotating-log.js';

it('a log never takes more than about twice its bound, and goes on after a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-log-'));
  const path = join(folder, 'api-1.log');
  for (const part of ['first', 'second']) {
    const log = new RotatingLog(path, 1_000);
    for (let line = 0; line < 100; line += 1) log.write(`${part} ${String(line).padStart(20, '0')}`);
    log.close();
  }
  expect((await stat(path)).size).toBeLessThan(1_100);
  expect((await stat(`${path}.1`)).size).toBeLessThan(1_100);
  const kept = (await readFile(`${path}.1`, 'utf8')) + (await readFile(path, 'utf8'));
  expect(kept.trimEnd().split('\n').at(-1)).toBe('second 00000000000000000099');
  await rm(folder, { recursive: true });
});
