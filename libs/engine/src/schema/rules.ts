import type { NumberRules, StringRules } from './schema.js';

/** Every number is a 'number', whole or not. What JSON has not, such as undefined, is none of its types. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

export function numberProblem(rules: NumberRules, value: number): string | undefined {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum, exclusiveMaximum, multipleOf } = rules;
  if (value < minimum) return `expected at least ${minimum}, found ${value}`;
  if (value > maximum) return `expected at most ${maximum}, found ${value}`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) {
    return `expected more than ${exclusiveMinimum}, found ${value}`;
  }
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) {
    return `expected less than ${exclusiveMaximum}, found ${value}`;
  }
  if (multipleOf === undefined || isMultiple(value, multipleOf)) return undefined;
  return `expected a multiple of ${multipleOf}, found ${value}`;
}

/** To the last digit of a double, for 0.3 is a multiple of 0.1 to everybody but the processor. */
function isMultiple(value: number, of: number): boolean {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(of)) return value % of === 0;
  const nearest = Math.round(value / of) * of;
  return Math.abs(nearest - value) <= Math.abs(value) * Number.EPSILON;
}

export function stringProblem({ minLength = 0, maxLength = Infinity, pattern }: StringRules, value: string) {
  if (minLength > 0 || maxLength < Infinity) {
    const length = codePoints(value, Math.max(minLength, maxLength));
    if (length < minLength) return `expected at least ${minLength} characters, found ${length}`;
    if (length > maxLength) return `expected at most ${maxLength} characters`;
  }
  return pattern === undefined || pattern.test(value) ? undefined : `expected to match ${shorten(pattern.source)}`;
}

function codePoints(text: string, enough: number): number {
  // Each takes one or two units.
  if (text.length > enough * 2) return text.length;
  let count = text.length;
  for (let i = 1; i < text.length; i += 1) {
    const isPair = (text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800;
    if (isPair) count -= 1;
  }
  return count;
}

const shorten = (text: string): string => (text.length <= 100 ? text : `${text.slice(0, 100)}…`);

/** Two values of JSON that are equal, whatever the order of members. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [membersOfA, membersOfB] = [a, b] as readonly Readonly<Record<string, unknown>>[];
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length || membersOfA === undefined || membersOfB === undefined) return false;
  return names.every((name) => Object.hasOwn(b, name) && sameJson(membersOfA[name], membersOfB[name]));
}
