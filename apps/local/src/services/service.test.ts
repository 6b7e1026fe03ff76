import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Service } from './service.js';

describe('a service of the instance', () => {
  let folder: string;
  let service: Service | undefined;
  let changes: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-service-'));
    changes = 0;
  });
  afterEach(async () => {
    await service?.stop(1_000);
    await rm(folder, { recursive: true });
  });

  /** A program that counts its starts in a file, and then does what it is told. */
  const serviceThat = async (does: string, isCovered = false): Promise<Service> => {
    const script = join(folder, 'service.mjs');
    await writeFile(
      script,
      `import { appendFileSync, readFileSync } from 'node:fs';
       appendFileSync(${JSON.stringify(join(folder, 'starts'))}, 'x');
       const starts = readFileSync(${JSON.stringify(join(folder, 'starts'))}, 'utf8').length;
       const ready = () => console.log(JSON.stringify({ ready: { role: 'runner', id: 'rnr_' + starts } }));
       ${does}`,
    );
    service = new Service({
      role: 'runner',
      number: 1,
      command: [process.execPath, script],
      env: () => ({ SAID: 'hello' }),
      logFile: join(folder, 'runner-1.log'),
      onChange: () => {
        changes += 1;
      },
      isCovered: () => isCovered,
    });
    return service;
  };

  it('is ready when it says so', async () => {
    const running = await serviceThat('ready(); setInterval(() => {}, 1000);');
    await expect(running.start()).resolves.toEqual({ role: 'runner', id: 'rnr_1' });
    expect(running.running?.pid).toBe(running.pid);
  });

  it('that ends before it is ready is refused with its last words and not tried again', async () => {
    const failing = await serviceThat(
      `console.error(JSON.stringify({ level: 'error', message: 'No database here.' })); process.exit(1);`,
    );
    await expect(failing.start()).rejects.toThrow(
      `The runner did not start: it ended with exit code 1: No database here. Its log is ${join(folder, 'runner-1.log')}.`,
    );
    expect(await readFile(join(folder, 'starts'), 'utf8')).toBe('x');
  });

  it('that is killed is back with a new id', async () => {
    const running = await serviceThat('ready(); setInterval(() => {}, 1000);');
    await running.start();
    process.kill(running.pid ?? 0, 'SIGKILL');
    await vi.waitFor(() => expect(running.running?.id).toBe('rnr_2'), { timeout: 3_000 });
    expect(changes).toBeGreaterThanOrEqual(3);
  });

  it('that others stand in for is brought back after they have taken over', async () => {
    const running = await serviceThat('ready(); setInterval(() => {}, 1000);', true);
    await running.start();
    const killedMs = performance.now();
    process.kill(running.pid ?? 0, 'SIGKILL');
    await vi.waitFor(() => expect(running.running?.id).toBe('rnr_2'), { timeout: 5_000 });
    expect(performance.now() - killedMs).toBeGreaterThan(900);
  });

  it('that dies again at once is tried again until it lives', async () => {
    const running = await serviceThat(
      'if (starts === 2 || starts === 3) process.exit(1); ready(); setInterval(() => {}, 1000);',
    );
    await running.start();
    process.kill(running.pid ?? 0, 'SIGKILL');
    await vi.waitFor(() => expect(running.running?.id).toBe('rnr_4'), { timeout: 3_000 });
  });

  it('is asked to end, and killed when it does not', async () => {
    const running = await serviceThat(
      `process.on('SIGTERM', () => console.error('asked')); ready(); setInterval(() => {}, 1000);`,
    );
    await running.start();
    await running.stop(200);
    expect(running.running).toBeUndefined();
    expect(await readFile(join(folder, 'runner-1.log'), 'utf8')).toContain('asked');
    expect(await readFile(join(folder, 'starts'), 'utf8')).toBe('x');
  });

  it('sees the environment that it is given and no other', async () => {
    const running = await serviceThat(
      `console.error(JSON.stringify(process.env)); ready(); setInterval(() => {}, 1000);`,
    );
    await running.start();
    await vi.waitFor(async () =>
      expect(await readFile(join(folder, 'runner-1.log'), 'utf8')).toBe('{"SAID":"hello"}\n'),
    );
  });
});
