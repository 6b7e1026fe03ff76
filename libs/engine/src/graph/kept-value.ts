/**
 * A value of state as it is kept between batches: a primitive as it is, anything else as its JSON text.
 *
 * The text is what a checkpoint stores. A job that was restored therefore sees exactly what a job that never stopped
 * would see, and code that changes an object after handing it over changes no state.
 */
export type Kept = string | number | boolean | null | JsonText;

class JsonText {
  constructor(readonly text: string) {}
}

/** @param value plain JSON, as {@link findNotJson} judges it. */
export function keep(value: unknown): Kept {
  if (typeof value === 'object' && value !== null) return new JsonText(JSON.stringify(value));
  // -0 is written as 0; adding 0 makes the kept one the same.
  return typeof value === 'number' ? value + 0 : (value as Kept);
}

/** A fresh copy each time. */
export function unkeep(kept: Kept): unknown {
  return kept instanceof JsonText ? JSON.parse(kept.text) : kept;
}

export function keptText(kept: Kept): string {
  return kept instanceof JsonText ? kept.text : JSON.stringify(kept);
}

/** @throws SyntaxError if `text` is not JSON. */
export function keptFromText(text: string): Kept {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? new JsonText(text) : (value as Kept);
}

export interface NotJson {
  /** From the value itself, `$`: for example `$.total.mean`. */
  readonly path: string;
  readonly found: string;
}

const DEPTH_MAX = 200;

/** The first place at which writing `value` as JSON and reading it again would not give the same value. */
export function findNotJson(value: unknown, path = '$', depth = 0): NotJson | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : { path, found: String(value) };
    case 'object':
      break;
    case 'undefined':
      return { path, found: 'undefined' };
    default:
      return { path, found: `a ${typeof value}` };
  }
  if (value === null) return undefined;
  if (depth >= DEPTH_MAX) return { path: shorten(path), found: `more than ${DEPTH_MAX} levels (or a cycle)` };
  return Array.isArray(value) ? findInArray(value, path, depth) : findInObject(value, path, depth);
}

function findInArray(array: readonly unknown[], path: string, depth: number): NotJson | undefined {
  for (let i = 0; i < array.length; i += 1) {
    const item = array[i];
    if (isHarmless(item)) continue;
    const found = findNotJson(item, `${path}[${i}]`, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findInObject(object: object, path: string, depth: number): NotJson | undefined {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) return { path, found: `a ${nameOfClass(prototype)}` };
  const members = object as { readonly [name: string]: unknown };
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (isHarmless(member)) continue;
    const found = findNotJson(member, `${path}.${name}`, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Saves building a path for what is nearly always there. */
function isHarmless(value: unknown): boolean {
  return typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
}

function nameOfClass(prototype: unknown): string {
  const { constructor } = prototype as { readonly constructor?: unknown };
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'class instance';
}

const shorten = (path: string): string => (path.length <= 200 ? path : `${path.slice(0, 200)}…`);
