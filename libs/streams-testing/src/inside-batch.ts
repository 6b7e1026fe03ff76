import { replaceGlobals, seededRandom } from '@tidemark/engine';

export interface BatchIdentity {
  readonly timeMs: number;
  /** The same text gives the same random numbers. */
  readonly seed: string;
}

const LEVELS = ['log', 'info', 'warn', 'error', 'debug'] as const;

/**
 * Runs `code`, which must not wait for anything, with the globals that a job finds in the sandbox: the batch's clock and
 * random numbers, and neither timers nor a network. What is logged meanwhile is shown afterwards.
 */
export function insideBatch<T>({ timeMs, seed }: BatchIdentity, code: () => T): T {
  const console = globalThis.console;
  const logged: (() => void)[] = [];
  const add = (level: (typeof LEVELS)[number]) => {
    return (...parts: readonly unknown[]): void => {
      logged.push(() => {
        console[level](...parts);
      });
    };
  };
  const putBack = replaceGlobals({ nowMs: () => timeMs, random: seededRandom(seed) });
  globalThis.console = Object.fromEntries(LEVELS.map((level) => [level, add(level)])) as unknown as Console;
  try {
    return code();
  } finally {
    globalThis.console = console;
    putBack();
    for (const show of logged) show();
  }
}
