import { replaceGlobals, seededRandom } from '@tidemark/engine';

const LOG_LINES_MAX = 100;
const LOG_LINE_CHARS_MAX = 500;

export interface BatchGlobals {
  /** Sets the clock and the random numbers. The same arguments give the same batch. */
  startBatch(batch: { readonly seed: string; readonly timeMs: number }): void;
  /** What `console` was told since the last call, bounded. */
  takeLog(): readonly string[];
}

/** Makes the isolate's globals a function of the batch. Called once, before any of the tenant's code runs. */
export function setUpGlobals(): BatchGlobals {
  let nowMs = 0;
  let random = seededRandom('');
  const log = collectLog();
  replaceGlobals({ nowMs: () => nowMs, random: () => random() });
  return {
    startBatch({ seed, timeMs }) {
      nowMs = timeMs;
      random = seededRandom(seed);
    },
    takeLog: log,
  };
}

function collectLog(): () => readonly string[] {
  let lines: string[] = [];
  let leftOut = 0;
  const add = (...parts: readonly unknown[]): void => {
    if (lines.length >= LOG_LINES_MAX) leftOut += 1;
    else lines.push(parts.map(readable).join(' ').slice(0, LOG_LINE_CHARS_MAX));
  };
  const console = { log: add, info: add, warn: add, error: add, debug: add };
  Object.defineProperty(globalThis, 'console', { value: console, writable: true, configurable: true });
  return () => {
    const taken = leftOut === 0 ? lines : [...lines, `(${leftOut} more lines were left out)`];
    lines = [];
    leftOut = 0;
    return taken;
  };
}

function readable(value: unknown): string {
  if (typeof value === 'string') return value.slice(0, LOG_LINE_CHARS_MAX);
  try {
    return value instanceof Error ? String(value) : (JSON.stringify(value) ?? String(value));
  } catch {
    return '(unreadable)';
  }
}
