import { replaceGlobals, seededRandom } from '@tidemark/engine';

/** What the code of a job may know of the batch that it runs in. */
export interface BatchIdentity {
  readonly timeMs: number;
  /** The same text gives the same random numbers. */
  readonly seed: string;
}

const LEVELS = ['log', 'info', 'warn', 'error', 'debug'] as const;
const LOG_LINES_MAX = 100;
const LOG_LINE_CHARS_MAX = 500;

/**
 * Runs `work` with the globals that the sandbox gives to a job's code: the batch's clock and random numbers, and neither
 * timers nor a network. Nothing else may run meanwhile.
 *
 * @returns what `work` gives, and what the code has logged, bounded as the sandbox bounds it.
 */
export async function insideBatch<T>(
  { timeMs, seed }: BatchIdentity,
  work: () => T | Promise<T>,
): Promise<{ readonly value: T; readonly log: readonly string[] }> {
  const { console } = globalThis;
  const log: string[] = [];
  const add = (...parts: readonly unknown[]): void => {
    if (log.length < LOG_LINES_MAX) log.push(parts.map(readable).join(' ').slice(0, LOG_LINE_CHARS_MAX));
  };
  const putBack = replaceGlobals({ nowMs: () => timeMs, random: seededRandom(seed) });
  globalThis.console = Object.fromEntries(LEVELS.map((level) => [level, add])) as unknown as Console;
  try {
    return { value: await work(), log };
  } finally {
    globalThis.console = console;
    putBack();
  }
}

function readable(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return value instanceof Error ? String(value) : (JSON.stringify(value) ?? String(value));
  } catch {
    return '(unreadable)';
  }
}
