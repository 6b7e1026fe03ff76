import type { RowContext } from '../graph/row-context.js';

/**
 * A row as generated code holds it: in locals, and not made into an object before somebody needs one.
 */
export interface RowCode {
  readonly value: ValueCode;
  /** Present on keyed streams. */
  readonly key: KeyCode | undefined;
  /** An expression: when the row happened, in milliseconds. */
  readonly time: string;
  /** An expression: a {@link RowContext}. */
  readonly context: string;
}

export type ValueCode =
  /** A local with the value. */
  | { readonly kind: 'local'; readonly code: string }
  /** A decoded record: its fields in locals, and, where somebody needs it, the local of the whole. */
  | { readonly kind: 'record'; readonly fields: (name: string) => FieldCode; readonly object: string | undefined }
  /** An object that nobody has made yet, by the expressions of its members. */
  | {
      readonly kind: 'struct';
      readonly members: readonly { readonly name: string; readonly code: string; readonly type: 'number' | 'json' }[];
    };

/** A field of a decoded record. */
export type FieldCode =
  /** An expression with the field's value. */
  | { readonly kind: 'value'; readonly code: string; readonly type: 'number' | 'boolean' | 'json' }
  /**
   * A string that still lies in the input: expressions of the position of its first byte and behind its last one (the
   * quotes are next to them), whether it has neither an escape nor a byte above 0x7f, and of the string itself.
   */
  | {
      readonly kind: 'bytes';
      readonly start: string;
      readonly end: string;
      readonly plain: string;
      readonly code: string;
      /** Looks the string up as a key, for many rows at once. `table` is an expression that may be undefined. */
      readonly lookUp?: (table: string) => LookedUp;
    };

/** A key that was looked up before the row's turn came, as expressions. */
export interface LookedUp {
  /** The table in which it was looked up. */
  readonly table: string;
  /** Whether ids still mean what they did then. */
  readonly isValid: string;
  /** Its row, or a negative number for none or for a key that was not looked at. */
  readonly id: string;
}

export type KeyCode =
  /** A local with the key. */
  | { readonly kind: 'local'; readonly code: string }
  | { readonly kind: 'field'; readonly field: FieldCode }
  /** The key of a row of a state table. */
  | { readonly kind: 'id'; readonly table: string; readonly id: string };

/** An expression with the row's value. */
export function valueOf({ value }: RowCode): string {
  switch (value.kind) {
    case 'local':
      return value.code;
    case 'record':
      return value.object ?? 'undefined';
    case 'struct':
      return `{ ${value.members.map(({ name, code }) => `${propertyName(name)}: ${code}`).join(', ')} }`;
  }
}

/** An expression with the row's key. */
export function keyOf({ key }: RowCode): string {
  switch (key?.kind) {
    case undefined:
      return 'undefined';
    case 'local':
      return key.code;
    case 'field':
      return key.field.code;
    case 'id':
      return `${key.table}.keys.key(${key.id})`;
  }
}

/** An expression with the row as the job's code sees it: `[key, value]` on a keyed stream. */
export const rowOf = (row: RowCode): string =>
  row.key === undefined ? valueOf(row) : `[${keyOf(row)}, ${valueOf(row)}]`;

/** An expression with a member of the row's value; `type` is what is known of it. */
export function memberOf(
  { value }: RowCode,
  name: string,
): { readonly code: string; readonly type: 'number' | 'boolean' | 'json' } {
  if (value.kind === 'record') {
    const field = value.fields(name);
    return field.kind === 'value' ? field : { code: field.code, type: 'json' };
  }
  if (value.kind === 'struct') {
    return value.members.find((member) => member.name === name) ?? { code: 'undefined', type: 'json' };
  }
  return { code: `${value.code}[${JSON.stringify(name)}]`, type: 'json' };
}

/** `__proto__` as a plain name in an object literal would set the prototype. */
export const propertyName = (name: string): string =>
  name === '__proto__' ? `[${JSON.stringify(name)}]` : JSON.stringify(name);

/** Parameters of the functions through which rows go from one operator to the next. */
export const EMIT_PARAMS = 'value, key, time, context';
export type Emit = (value: unknown, key: unknown, timeMs: number, context: RowContext) => void;

/** The row that {@link EMIT_PARAMS} are. */
export const emittedRow = (keyed: boolean): RowCode => ({
  value: { kind: 'local', code: 'value' },
  key: keyed ? { kind: 'local', code: 'key' } : undefined,
  time: 'time',
  context: 'context',
});
