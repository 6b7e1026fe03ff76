import { isNode } from './syntax.js';

const LEFT_OUT: readonly string[] = ['start', 'end', 'name', 'raw'];

/** A part of a tree as text without the names in it, to put parts in an order while it is not settled what names become. */
export function namelessText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(namelessText).join()}]`;
  if (typeof value === 'bigint') return `${value}n`;
  if (!isNode(value)) return JSON.stringify(value) ?? 'undefined';
  const fields = Object.keys(value).filter((field) => !LEFT_OUT.includes(field));
  return `(${fields
    .sort()
    .map((field) => `${field} ${namelessText(value[field])}`)
    .join(' ')})`;
}
