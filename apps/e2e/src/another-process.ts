import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root, type Instance } from './instance.js';
import { environmentOf } from './traces.js';
import { until } from './until.js';

export type Role = 'api' | 'scheduler' | 'runner';

/** A process that somebody starts by hand, beside those of an instance. */
export interface AnotherProcess {
  /** Whether it got as far as to be ready; otherwise it has ended. */
  readonly isReady: boolean;
  readonly exitCode: () => number | null;
  readonly said: () => string;
  stop(): Promise<void>;
}

const START_MS_MAX = 60_000;

/**
 * Starts a process with the settings of the instance's own of that role, but for `differences`. Resolves once it is ready or
 * has ended.
 */
export async function startBeside(
  instance: Instance,
  role: Role,
  differences: { readonly [name: string]: string | undefined } = {},
): Promise<AnotherProcess> {
  const own = role === 'api' ? { TIDEMARK_API_PORT: '0' } : {};
  const child = spawn(process.execPath, [join(root, 'apps', role, 'dist/main.js')], {
    env: { ...(await environmentOf(instance, role)), ...own, ...differences },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const closed = once(child, 'close');
  const isReady = await until(`another ${role} is ready or has ended`, START_MS_MAX, async () => {
    if (output.includes('{"ready":')) return Promise.resolve(true);
    if (!hasEnded()) return undefined;
    await closed;
    return false;
  });
  return {
    isReady,
    exitCode: () => child.exitCode,
    said: () => output,
    stop: async () => {
      child.kill('SIGTERM');
      await closed;
    },
  };
}
