import { keyHash } from '@tidemark/engine';

/** What a replay could see differently, or what the isolate's memory limit does not count. */
const REMOVED = [
  'WebAssembly',
  'SharedArrayBuffer',
  'Atomics',
  'WeakRef',
  'FinalizationRegistry',
  'Temporal',
  'performance',
] as const;

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
  for (const name of REMOVED) Reflect.deleteProperty(globalThis, name);
  let nowMs = 0;
  let random = seededRandom('');
  const log = collectLog();
  replaceClock(() => nowMs);
  Math.random = () => random();
  return {
    startBatch({ seed, timeMs }) {
      nowMs = timeMs;
      random = seededRandom(seed);
    },
    takeLog: log,
  };
}

function replaceClock(now: () => number): void {
  const RealDate = Date;
  const BatchDate = function (this: unknown, ...args: readonly unknown[]): unknown {
    if (new.target === undefined) return new RealDate(now()).toString();
    return Reflect.construct(RealDate, args.length === 0 ? [now()] : args, new.target) as Date;
  };
  Object.defineProperty(BatchDate, 'name', { value: 'Date' });
  Object.defineProperty(BatchDate, 'length', { value: 7 });
  Object.defineProperty(BatchDate, 'prototype', { value: RealDate.prototype, writable: false });
  Object.assign(BatchDate, { now, parse: RealDate.parse, UTC: RealDate.UTC });
  // Otherwise `new Date().constructor` leads back to the real clock.
  Object.defineProperty(RealDate.prototype, 'constructor', { value: BatchDate, writable: true, configurable: true });
  globalThis.Date = BatchDate as unknown as DateConstructor;
  replaceFormatClock(now);
}

/** Without a date, these format the present. */
function replaceFormatClock(now: () => number): void {
  const { prototype } = Intl.DateTimeFormat;
  const { formatToParts } = prototype;
  const format = Object.getOwnPropertyDescriptor(prototype, 'format')?.get;
  if (format === undefined) return;
  prototype.formatToParts = function (date = now()) {
    return Reflect.apply(formatToParts, this, [date]);
  };
  Object.defineProperty(prototype, 'format', {
    configurable: true,
    get(this: Intl.DateTimeFormat) {
      const bound = Reflect.apply(format, this, []) as (date: Date | number) => string;
      return (date: Date | number = now()) => bound(date);
    },
  });
}

/** The generator sfc32, its three words of state taken from the seed's text. */
function seededRandom(seed: string): () => number {
  let a = keyHash(`a${seed}`);
  let b = keyHash(`b${seed}`);
  let c = keyHash(`c${seed}`);
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return (t >>> 0) / 4_294_967_296;
  };
  for (let i = 0; i < 12; i += 1) next();
  return next;
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
