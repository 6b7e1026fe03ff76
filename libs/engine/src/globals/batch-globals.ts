import { keyHash } from '../state/key-slot.js';
import { UNAVAILABLE } from './unavailable.js';

/** What the code of a job finds in place of a clock and of chance. */
export interface BatchClock {
  readonly nowMs: () => number;
  /** From 0 up to 1, without 1. */
  readonly random: () => number;
}

/**
 * Makes the globals a function of the batch: the clock and the random numbers are `batch`'s, and what is
 * {@link UNAVAILABLE} is gone.
 *
 * @returns puts everything back, for where the code of a job shares its globals with other code.
 */
export function replaceGlobals({ nowMs, random }: BatchClock): () => void {
  const undo: (() => void)[] = [];
  const replace: Replace = (object, name, descriptor) => {
    const before = Object.getOwnPropertyDescriptor(object, name);
    if (before !== undefined) undo.push(() => Object.defineProperty(object, name, before));
    if (descriptor === undefined) Reflect.deleteProperty(object, name);
    else Object.defineProperty(object, name, { configurable: true, ...descriptor });
  };
  for (const name of Object.keys(UNAVAILABLE)) {
    if (Object.hasOwn(globalThis, name)) replace(globalThis, name, undefined);
  }
  replaceClock(replace, nowMs);
  replaceFormatClock(replace, nowMs);
  replace(Math, 'random', { value: () => random(), writable: true });
  return () => {
    for (const back of undo) back();
  };
}

type Replace = (object: object, name: string, descriptor: PropertyDescriptor | undefined) => void;

function replaceClock(replace: Replace, nowMs: () => number): void {
  const RealDate = Date;
  const BatchDate = function (this: unknown, ...args: readonly unknown[]): unknown {
    if (new.target === undefined) return new RealDate(nowMs()).toString();
    return Reflect.construct(RealDate, args.length === 0 ? [nowMs()] : args, new.target) as Date;
  };
  Object.defineProperty(BatchDate, 'name', { value: 'Date' });
  Object.defineProperty(BatchDate, 'length', { value: 7 });
  Object.defineProperty(BatchDate, 'prototype', { value: RealDate.prototype, writable: false });
  const { parse, UTC } = RealDate;
  for (const [name, value] of Object.entries({ now: nowMs, parse, UTC })) {
    Object.defineProperty(BatchDate, name, { value, writable: true, configurable: true });
  }
  // Otherwise `new Date(0).constructor` leads back to the real clock.
  replace(RealDate.prototype, 'constructor', { value: BatchDate, writable: true });
  replace(globalThis, 'Date', { value: BatchDate, writable: true });
}

/** Without a date, these format the present. */
function replaceFormatClock(replace: Replace, nowMs: () => number): void {
  const { prototype } = Intl.DateTimeFormat;
  const formatToParts = Object.getOwnPropertyDescriptor(prototype, 'formatToParts')?.value as FormatToParts;
  const { get: format } = Object.getOwnPropertyDescriptor(prototype, 'format') as { readonly get: () => Format };
  replace(prototype, 'formatToParts', {
    writable: true,
    value: function (this: Intl.DateTimeFormat, date?: Date | number) {
      return Reflect.apply(formatToParts, this, [date ?? nowMs()]);
    },
  });
  replace(prototype, 'format', {
    get(this: Intl.DateTimeFormat) {
      const bound = Reflect.apply(format, this, []);
      return (date?: Date | number) => bound(date ?? nowMs());
    },
  });
}

type Format = (date: Date | number) => string;
type FormatToParts = (date: Date | number) => Intl.DateTimeFormatPart[];

/** The generator sfc32, its three words of state taken from the seed's text. */
export function seededRandom(seed: string): () => number {
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
